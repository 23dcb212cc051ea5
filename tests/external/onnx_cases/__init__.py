"""The published test cases of ONNX, written in this project's language."""
