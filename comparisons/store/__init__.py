"""The store of runs: what a worker has computed once is not computed again."""
