"""Measure what each framework default of a naive port costs."""
