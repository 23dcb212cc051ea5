"""Tests of `common.spec`."""
