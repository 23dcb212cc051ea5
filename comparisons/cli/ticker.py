"""Progress in plain lines, where standard error is a file or a pipe.

A progress bar would fill a log with control characters, and a run without any
output looks as if it hung. So a line is written when the stage changes, at
most once a second, and otherwise every ten seconds.
"""

import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

# Seconds between two lines: the minimum, which holds when the stage changes,
# and the maximum, when it does not.
LEAST, MOST = 1.0, 10.0

# Seconds until the first line if nothing has been reported: both frameworks
# take some time to start.
STARTING = 60.0

Report = Callable[[], tuple[str, str]]
"""Returns the stage, at whose change a line is written, and the line."""


class Ticker:
    """Write lines of progress in a thread; use it in a `with` block.

    Args:
        title: prefix of every line.
        report: returns the stage and the line to write; the line is empty
            while nothing is known.
        stream: what to write to; None for standard error.
        least: minimum number of seconds between two lines.
        most: maximum number of seconds without a line.
    """

    def __init__(
        self,
        title: str,
        report: Report,
        stream: TextIO | None = None,
        least: float = LEAST,
        most: float = MOST,
    ) -> None:
        self.title, self.report = title, report
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
            stage, line = self.report()
            elapsed = time.monotonic() - self._written
            limit = self.most if line else STARTING
            if elapsed >= limit or (line and stage != self._stage):
                self._write(line or "starting")
                self._stage = stage
        stage, line = self.report()
        if line and stage != self._stage:
            self._write(line)

    def _write(self, line: str) -> None:
        now = time.monotonic()
        minutes, seconds = divmod(round(now - self._began), 60)
        text = f"{self.title} · {minutes}:{seconds:02} · {line}"
        # The stream may be closed; the run goes on without progress lines.
        try:
            print(text, file=self.stream, flush=True)
        except (OSError, ValueError):
            self._ended.set()
        self._written = now


class Stages:
    """The current stage of each framework, and its progress.

    Args:
        labels: names of the frameworks, by backend.
        unit: what is counted, in the plural.
    """

    def __init__(self, labels: dict[str, str], unit: str) -> None:
        self.labels, self.unit = labels, unit
        self._at: dict[str, tuple[str, int, int]] = {}
        self._lock = threading.Lock()

    def watch(self, stage: str, backend: str, done: int, total: int) -> None:
        """Record the progress of a framework.

        Args:
            stage: name of the stage.
            backend: `torch` or `keras`.
            done: number of finished steps of the stage.
            total: number of all steps, or 0 if it is unknown.
        """
        with self._lock:
            self._at[backend] = stage, done, total

    def report(self) -> tuple[str, str]:
        """Return the stages, and a line with the progress of each."""
        with self._lock:
            at = dict(self._at)
        stages = list(dict.fromkeys(stage for stage, _, _ in at.values()))
        parts = [
            f"{stage}: "
            + ", ".join(
                f"{self.labels[backend]} {self._share(done, total)}"
                for backend, (current, done, total) in at.items()
                if current == stage
            )
            for stage in stages
        ]
        return "; ".join(stages), "; ".join(parts)

    def _share(self, done: int, total: int) -> str:
        percent = f" ({100 * done // total} %)" if total else ""
        return f"{done:,} of {total:,} {self.unit}{percent}"
