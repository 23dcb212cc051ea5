"""The tests.

Processes that tests start beside others get one thread each: threads that wait
for each other take the time of the other processes.
"""

import os

# What a test computes must not come from an earlier run.
os.environ["PARITY_STORE"] = "off"

for library in ("OMP", "OPENBLAS"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
