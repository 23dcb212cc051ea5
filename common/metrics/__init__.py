"""Statistics of a run that claims and plots can ask for."""
