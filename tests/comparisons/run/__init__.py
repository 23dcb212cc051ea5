"""Tests of `comparisons.run`."""
