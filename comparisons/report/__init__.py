"""Reports: HTML pages, figures, JSON documents and terminal output."""
