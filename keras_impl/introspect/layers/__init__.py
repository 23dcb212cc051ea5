"""Layers, read from Keras."""
