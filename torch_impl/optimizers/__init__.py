"""Optimisers, in PyTorch.

Each builder takes the spec of an optimiser and returns the call that
constructs it, without the parameters.
"""
