"""Layers in NumPy, forward and backward."""
