"""PyTorch scripts: each module has the code of one part."""
