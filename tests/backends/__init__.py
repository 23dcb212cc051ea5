"""Tests of the two backends, each in its own worker."""
