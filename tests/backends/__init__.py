"""Tests of the two backends, each in a worker of its own."""
