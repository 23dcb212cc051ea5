"""Tests of `common.training`."""
