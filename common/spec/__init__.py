"""The specification language: its elements, and the parser.

An element is a class. Its name in snake case is its name in a file. The
module of an element has the same path here, in both backends and in
`common/reference`.
"""
