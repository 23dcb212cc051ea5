"""Tests of `common.reference`."""
