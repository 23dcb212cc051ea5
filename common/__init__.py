"""What is meant: the language of experiments, in no framework's words.

Everything here is plain Python, NumPy and pydantic. Nothing in this package
imports PyTorch, Keras or TensorFlow, not even for a type: each of those is
*one* way to do what is said here.
"""
