"""Tests of `comparisons.fuzz`."""
