"""Layers, in PyTorch."""
