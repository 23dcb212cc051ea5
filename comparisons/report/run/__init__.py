"""The report of a run: text, figures, page, JSON and terminal."""
