"""Experiments with different values for the two frameworks."""
