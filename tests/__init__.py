"""The tests.

Processes that tests start beside others get one thread each: threads that wait
for each other take the time of the other processes.
"""

import os

for library in ("OMP", "OPENBLAS"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
