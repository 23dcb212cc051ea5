"""What names of PyTorch and Keras are called in the language."""
