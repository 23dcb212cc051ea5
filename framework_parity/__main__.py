"""`python -m framework_parity` is `parity`."""

from framework_parity.comparisons.cli.main import main

main()
