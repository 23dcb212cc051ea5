"""Layers, in Keras."""
