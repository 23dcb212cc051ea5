"""Optimisers, in Keras."""
