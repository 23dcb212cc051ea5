"""Tests of `comparisons.ladder`."""
