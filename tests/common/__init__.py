"""Tests of `common`: no framework is imported."""
