"""A NumPy implementation of the whole language, in float64."""
