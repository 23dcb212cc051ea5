"""Complete scripts: what they share, whichever framework they are for."""
