"""The report of an audit: text, figures, page, JSON and terminal."""
