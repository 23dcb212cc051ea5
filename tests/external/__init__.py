"""Tests against results that were computed or published by others.

README.md in this folder describes them and how to generate them again.
"""
