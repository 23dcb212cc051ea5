"""A folder of results, each of which is computed once.

Every run has a folder of its own, named by a digest of all that its numbers
depend on::

    ~/.cache/framework-parity/runs/v1/3f/3f0c.../run.json
                                              /arrays.npz
                                              /weights.safetensors

A folder is written aside, synchronised and renamed, so that a run that is
killed, a full disk or a second process leaves no half-written result. Several
processes may share a store.
"""

import contextlib
import datetime
import errno
import hashlib
import json
import os
import platform
import re
import shutil
import threading
import time
import uuid
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from safetensors import SafetensorError

from framework_parity.common.spec.errors import SpecError
from framework_parity.comparisons.store import files
from framework_parity.comparisons.store.files import HEAD
from framework_parity.comparisons.store.identity import (
    FORMAT,
    Identity,
    digest_of,
)

# The environment variable with the default folder, and its value for none.
FOLDER, OFF = "PARITY_STORE", "off"

# The name of the folder of a result.
NAME = re.compile("[0-9a-f]{40}")

# Folders that are being written, and seconds after which one is abandoned.
ASIDE, ABANDONED = "unfinished", 3600.0

# Seconds between attempts to read a result that another process replaces.
REPLACED = (0.01, 0.05)


class DamagedError(SpecError):
    """A stored result whose files are not those that were written."""


@dataclass(frozen=True)
class Entry:
    """One stored result.

    Attributes:
        folder: its folder.
        head: the contents of `run.json`.
    """

    folder: Path
    head: dict[str, Any]

    @property
    def name(self) -> str:
        """The digest of its identity."""
        return self.folder.name

    @property
    def identity(self) -> Identity:
        """What it depends on."""
        identity: Identity = self.head["identity"]
        return identity

    def size(self) -> int:
        """Return the number of bytes of its files."""
        return sum(file.stat().st_size for file in self.folder.iterdir())


def default_folder() -> Path | None:
    """Return the folder of PARITY_STORE, or that in the user's cache.

    Returns:
        None if PARITY_STORE is `off`.
    """
    chosen = os.environ.get(FOLDER)
    if chosen == OFF:
        return None
    home = Path.home() / ".cache" / "framework-parity" / "runs"
    return Path(chosen) if chosen else home


def open_store(
    folder: str | Path | None = None, fresh: bool = False
) -> "RunStore | None":
    """Return the store of a command.

    Args:
        folder: the folder; None for that of PARITY_STORE, or of the user's
            cache. `off` stores nothing.
        fresh: whether stored results are computed again, and replaced.

    Returns:
        The store, or None.

    Raises:
        SpecError: if the folder has no valid name.
    """
    if folder is not None and not str(folder):
        raise SpecError("store", "got '', expected a folder, or 'off'")
    chosen = default_folder() if folder is None else Path(folder)
    if chosen is None or str(folder) == OFF:
        return None
    try:
        return RunStore(chosen.expanduser().absolute(), fresh)
    except RuntimeError as error:  # an unknown ~user
        raise SpecError("store", f"got '{chosen}': {error}") from error


@dataclass
class RunStore:
    """A folder of results.

    Attributes:
        folder: the folder, which need not exist.
        fresh: whether stored results are computed again, and replaced.
        used: number of results that were used again.
        added: number of results that were stored.
    """

    folder: Path
    fresh: bool = False
    used: int = 0
    added: int = 0
    _warned: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def _runs(self) -> Path:
        return self.folder / f"v{FORMAT}"

    def _place(self, name: str) -> Path:
        return self._runs / name[:2] / name

    def load(self, identities: list[Identity]) -> list[files.Stored] | None:
        """Return stored results.

        Args:
            identities: what each of them depends on.

        Returns:
            The results; None if one is missing, or if all are to be computed
            again.

        Raises:
            DamagedError: if the files of a result are damaged.
        """
        if self.fresh or not identities:
            return None
        folders = [self._place(digest_of(each)) for each in identities]
        if not all((folder / HEAD).is_file() for folder in folders):
            return None
        results = []
        for folder in folders:
            result = self._read_now(folder)
            if result is None:
                return None
            results.append(result)
        with self._lock:
            self.used += len(results)
        return results

    def _read_now(self, folder: Path) -> files.Stored | None:
        """Return a result, which another process may be replacing."""
        for wait in (*REPLACED, None):
            try:
                return self.read(self.entry(folder))
            except DamagedError:
                if wait is None and (folder / HEAD).is_file():
                    raise
                time.sleep(wait or 0.0)
        return None

    def save(
        self, identities: list[Identity], results: list[files.Stored]
    ) -> None:
        """Store results; a warning is given where they cannot be written.

        Args:
            identities: what each of them depends on.
            results: the results.
        """
        for identity, result in zip(identities, results, strict=True):
            try:
                self._save(identity, result)
            except OSError as error:
                with self._lock:
                    known, self._warned = self._warned, True
                if not known:
                    warnings.warn(
                        f"results are not stored in '{self.folder}': {error}",
                        RuntimeWarning,
                        stacklevel=2,
                    )
                return

    def _save(self, identity: Identity, result: files.Stored) -> None:
        name = digest_of(identity)
        place = self._place(name)
        if not self.fresh and (place / HEAD).is_file():
            return
        aside = self.folder / ASIDE
        aside.mkdir(parents=True, exist_ok=True)
        written = aside / f"{name[:12]}-{uuid.uuid4().hex}"
        written.mkdir()
        try:
            fields = files.write(written, result)
            head = {
                "identity": identity,
                "result": fields,
                "written": datetime.datetime.now(datetime.UTC).isoformat(),
                "environment": _environment(),
                "files": {
                    file.name: _digest(file) for file in written.iterdir()
                },
            }
            (written / HEAD).write_text(files.to_json(head), "utf-8")
            for path in (*written.iterdir(), written):
                _synchronise(path)
            place.parent.mkdir(parents=True, exist_ok=True)
            self._rename(written, place)
            _synchronise(place.parent)
        finally:
            shutil.rmtree(written, ignore_errors=True)
        with self._lock:
            self.added += 1

    def _rename(self, written: Path, place: Path) -> None:
        """Put a folder in its place; what is there already gives way."""
        if _renamed(written, place):
            return
        if (place / HEAD).is_file() and not self.fresh:
            return  # another process has stored the same run
        old = written.parent / uuid.uuid4().hex
        old.mkdir()
        try:
            with contextlib.suppress(FileNotFoundError):
                place.rename(old / place.name)
            # If another process was faster, the run is that of the other.
            _renamed(written, place)
        finally:
            shutil.rmtree(old, ignore_errors=True)

    def entry(self, folder: Path) -> Entry:
        """Return the entry of a folder.

        Args:
            folder: the folder of a result.

        Raises:
            DamagedError: if its head cannot be read, or is not its own.
        """
        try:
            head = json.loads((folder / HEAD).read_text("utf-8"))
            own = digest_of(head["identity"]) == folder.name
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _damaged(folder, f"{HEAD} cannot be read") from error
        if not own:
            raise _damaged(folder, f"{HEAD} is that of another run")
        return Entry(folder, head)

    def read(self, entry: Entry) -> files.Stored:
        """Return a stored result.

        Args:
            entry: its entry.

        Raises:
            DamagedError: if its files are not those that were written.
        """
        try:
            for name, digest in entry.head["files"].items():
                if Path(name).name != name:
                    raise _damaged(entry.folder, f"'{name}' is no file name")
                if not (entry.folder / name).is_file():
                    raise _damaged(entry.folder, f"{name} is missing")
                if _digest(entry.folder / name) != digest:
                    raise _damaged(entry.folder, f"{name} has changed")
            return files.read(entry.folder, entry.head["result"])
        except DamagedError:
            raise
        except (
            *(OSError, ValueError, KeyError, TypeError, AttributeError),
            *(BadZipFile, SafetensorError),
        ) as error:
            raise _damaged(entry.folder, str(error)) from error

    def folders(self) -> Iterator[Path]:
        """Yield the folders of all results; what else is there is left."""
        for path in sorted(self._runs.glob("??/*")):
            if NAME.fullmatch(path.name) and path.is_dir():
                yield path

    def entries(self) -> Iterator[Entry]:
        """Yield the results whose heads can be read; see `verify`."""
        for folder in self.folders():
            with contextlib.suppress(DamagedError):
                yield self.entry(folder)

    def find(self, prefix: str) -> Path:
        """Return the folder of the result whose name has these first digits.

        Args:
            prefix: the first hexadecimal digits of its name.

        Raises:
            SpecError: if there is none, or more than one.
        """
        found = [f for f in self.folders() if f.name.startswith(prefix)]
        if not found or not prefix:
            raise SpecError(
                "runs",
                f"got '{prefix}', but no run in '{self.folder}' has a name "
                "that begins so; 'parity runs list' shows them",
            )
        if len(found) > 1:
            raise SpecError(
                "runs",
                f"got '{prefix}', which begins the names of {len(found):,} "
                "runs; give more digits",
            )
        return found[0]

    def verify(self, repair: bool = False) -> list[DamagedError]:
        """Read every result.

        Args:
            repair: whether damaged results are removed, to be computed
                again, and what killed processes have left behind.

        Returns:
            Why a result is damaged, for each that is.
        """
        damage = []
        for folder in list(self.folders()):
            try:
                self.read(self.entry(folder))
            except DamagedError as error:
                damage.append(error)
                if repair:
                    self.remove([folder])
        if repair:
            for left in (self.folder / ASIDE).glob("*"):
                if time.time() - left.stat().st_mtime > ABANDONED:
                    shutil.rmtree(left, ignore_errors=True)
        return damage

    def remove(self, folders: Iterable[Path]) -> int:
        """Delete results.

        Args:
            folders: their folders; one that is no longer there is skipped.

        Returns:
            The number of deleted results.

        Raises:
            OSError: if a result cannot be deleted.
        """
        count = 0
        for folder in folders:
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(folder)
                count += 1
            # The folder above is left while it has other results.
            with contextlib.suppress(OSError):
                folder.parent.rmdir()
        return count


def _renamed(folder: Path, place: Path) -> bool:
    """Rename a folder; return whether nothing was in its place."""
    try:
        folder.rename(place)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            return False
        raise
    return True


def _damaged(folder: Path, reason: str) -> DamagedError:
    return DamagedError(
        "store",
        f"a stored run is damaged: {reason}; 'parity runs verify --repair' "
        "removes it, and --fresh computes it again",
        str(folder),
    )


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _synchronise(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _environment() -> dict[str, Any]:
    """Return the machine that computes a result."""
    return {"system": platform.platform(), "cores": os.cpu_count()}
