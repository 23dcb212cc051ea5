"""Tests of `comparisons`: the judge is judged."""
