"""Training that both frameworks share: the loop, batches and records."""
