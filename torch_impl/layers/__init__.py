"""Layers, in PyTorch.

Each builder takes the spec of a layer and the shape of one input sample,
channels last, and returns the call that constructs the layer.
"""
