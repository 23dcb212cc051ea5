"""Compare two frameworks rung by rung, and name what makes them differ."""
