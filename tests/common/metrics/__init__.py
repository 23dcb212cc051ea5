"""Tests of `common.metrics`."""
