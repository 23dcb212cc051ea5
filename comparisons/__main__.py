"""`python -m comparisons` is `parity`."""

from comparisons.cli import main

main()
