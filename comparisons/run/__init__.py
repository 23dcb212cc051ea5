"""Run an experiment in both frameworks."""
