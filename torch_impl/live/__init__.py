"""Read and run models that users wrote in PyTorch."""
