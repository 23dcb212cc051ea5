"""Names of PyTorch and Keras, translated to the specification language."""
