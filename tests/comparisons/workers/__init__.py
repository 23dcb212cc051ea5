"""Tests of `comparisons.workers`."""
