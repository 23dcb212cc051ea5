"""Worker processes: one framework in each, spawned and never forked."""
