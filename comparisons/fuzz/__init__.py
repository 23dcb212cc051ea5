"""Run the ladder on random specifications."""
