"""Calls of a framework: described, looked up, performed and printed."""
