"""Compare a model written in PyTorch with one written in Keras."""
