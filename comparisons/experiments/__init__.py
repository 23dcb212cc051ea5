"""The catalogue: one file for each experiment.

Each file has a docstring, whose first line `parity list` prints; a tuple
`DATASETS`, with the default first; a constant `FULL`, if the default of the
full profile is another data set; and a function `written(dataset, profile)`,
which returns the specification as a user would write it.
"""
