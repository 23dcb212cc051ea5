"""Layers, read from PyTorch."""
