"""Tests of `comparisons.cli`."""
