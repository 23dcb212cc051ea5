"""The public functions: what the façade exports, a file each."""
