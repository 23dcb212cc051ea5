"""The catalogue: one file an experiment.

Each file has a docstring, whose first line is what `parity list` shows, a
tuple `DATASETS` with the default first, the name `FULL` of the full profile's
default where it is another, and a function `written(dataset, profile)` that
returns the specification as somebody would write it.
"""
