"""Experiments in which the two frameworks are told different values."""
