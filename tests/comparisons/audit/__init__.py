"""Tests of `comparisons.audit`."""
