"""Tests of `common.codegen`."""
