"""The public functions of the package, one in each module."""
