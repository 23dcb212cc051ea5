"""Tests of `comparisons.report`."""
