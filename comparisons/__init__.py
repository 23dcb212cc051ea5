"""Run both frameworks side by side, compare them, and report the outcome.

Nothing here imports a framework. A backend is reached by its name, in a
process of its own (see `comparisons.workers.worker`).
"""
