"""Optimisers, in PyTorch."""
