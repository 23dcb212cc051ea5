"""How the table of the frameworks' names is made; see `__main__`."""
