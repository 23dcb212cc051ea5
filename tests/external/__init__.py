"""Results that nobody of this project computed, held against it.

README.md in this folder says what they are and how to write them anew.
"""
