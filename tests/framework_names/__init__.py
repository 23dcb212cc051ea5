"""Generation of the table of the frameworks' names; see `__main__`."""
