"""Progress in plain lines, where standard error is a file or a pipe.

A bar that is drawn over and over would fill a log with control characters,
and a run without a sign of life looks as if it hung. So a line is written when
the stage changes, but not more often than once a second, and otherwise every
ten seconds.
"""

import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

# Seconds between two lines: at least, where there is something new, and at
# most, where there is nothing.
LEAST, MOST = 1.0, 10.0

# Seconds until a first line where nothing has been reported: both frameworks
# take some to start.
STARTING = 60.0

Say = Callable[[], tuple[str, str]]
"""Returns the stage, whose change is worth a line, and the whole line."""


class Ticker:
    """Writes lines while something runs; use it in a `with` block.

    Args:
        title: what every line begins with.
        say: returns the stage and what is to be said of it; an empty line
            while nothing is known.
        stream: what to write to; None for standard error.
        least: seconds between two lines at least.
        most: seconds without a line at most.
    """

    def __init__(
        self,
        title: str,
        say: Say,
        stream: TextIO | None = None,
        least: float = LEAST,
        most: float = MOST,
    ) -> None:
        self.title, self.say = title, say
        self.stream = stream or sys.stderr
        self.least, self.most = least, most
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._began = self._written = time.monotonic()
        self._stage = ""

    def __enter__(self) -> "Ticker":
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self.least):
            stage, line = self.say()
            silent = time.monotonic() - self._written
            patience = self.most if line else STARTING
            if silent >= patience or (line and stage != self._stage):
                self._write(line or "starting")
                self._stage = stage

    def _write(self, line: str) -> None:
        now = time.monotonic()
        minutes, seconds = divmod(round(now - self._began), 60)
        said = f"{self.title} · {minutes}:{seconds:02} · {line}"
        # Nobody may read the stream any more; the run goes on.
        try:
            print(said, file=self.stream, flush=True)
        except (OSError, ValueError):
            self._ended.set()
        self._written = now


class Stages:
    """How far each framework is, in which stage.

    Args:
        labels: of the frameworks, by backend.
        unit: what is counted, in the plural.
    """

    def __init__(self, labels: dict[str, str], unit: str) -> None:
        self.labels, self.unit = labels, unit
        self._at: dict[str, tuple[str, int, int]] = {}
        self._lock = threading.Lock()

    def watch(self, stage: str, backend: str, done: int, total: int) -> None:
        """Take note of how far a framework is.

        Args:
            stage: what it does.
            backend: which one.
            done: how many steps of it are done.
            total: how many there are.
        """
        with self._lock:
            self._at[backend] = stage, done, total

    def say(self) -> tuple[str, str]:
        """Return the stages, and a line that says how far each is."""
        with self._lock:
            at = dict(self._at)
        stages = list(dict.fromkeys(stage for stage, _, _ in at.values()))
        parts = [
            f"{stage}: "
            + ", ".join(
                f"{self.labels[backend]} {self._share(done, total)}"
                for backend, (found, done, total) in at.items()
                if found == stage
            )
            for stage in stages
        ]
        return "; ".join(stages), "; ".join(parts)

    def _share(self, done: int, total: int) -> str:
        percent = f" ({100 * done // total} %)" if total else ""
        return f"{done:,} of {total:,} {self.unit}{percent}"
