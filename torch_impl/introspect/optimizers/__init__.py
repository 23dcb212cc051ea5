"""Optimisers, read from PyTorch."""
