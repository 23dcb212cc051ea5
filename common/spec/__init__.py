"""The language of experiments: every element, and how it is parsed.

An element is a class whose name in snake case is its name in a file. It has
the same path here, in both backends and in `common/reference`.
"""
