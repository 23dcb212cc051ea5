"""Optimisers, read from Keras."""
