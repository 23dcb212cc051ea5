"""Models that were written in PyTorch or Keras, as neutral graphs."""
