"""The main program of a worker process, which serves one framework.

Requests are read from standard input and replies are written to the original
standard output; both are pickles. The output of the framework itself is
redirected to standard error, which is a log file.
"""

import gc
import importlib
import os
import pickle
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from framework_parity.common.data.image_cache import ImageFiles, reading
from framework_parity.common.spec.errors import SpecError
from framework_parity.comparisons.workers.worker import STARTED


def main(
    backend: str,
    setup: str,
    threads: int,
    device: str,
    folder: str,
    download: bool,
) -> None:
    """Serve requests until standard input ends.

    Args:
        backend: the package to import, such as `torch_impl`.
        setup: `module:function` to call first with the backend's name, or
            an empty string; the tests plant faults with it.
        threads: maximum number of threads of one operation.
        device: `cpu`, `cuda` or `mps`.
        folder: the folder of the files of image data sets.
        download: whether the framework may download missing files.
    """
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # Objects of the imports are never garbage, but Keras runs a full garbage
    # collection whenever it clears a session: two thirds of the time to
    # build a small network. During the imports, collections take a quarter of
    # the time.
    gc.disable()
    with _missing("sklearn", "matplotlib"):
        engine = importlib.import_module(f"framework_parity.{backend}.engine")
    engine.start(threads, device)
    if setup:
        module, function = setup.split(":")
        getattr(importlib.import_module(module), function)(backend)
    trainer = importlib.import_module(
        f"framework_parity.{backend}.trainer"
    ).Trainer
    gc.freeze()
    gc.enable()
    print(STARTED, file=sys.stderr, flush=True)
    with reading(ImageFiles(Path(folder), download, backend)):
        while True:
            try:
                task, arguments = pickle.load(sys.stdin.buffer)
            except EOFError:
                return
            _serve(replies, trainer, task, arguments)


@contextmanager
def _missing(*packages: str) -> Iterator[None]:
    """Let packages look as if they were not installed.

    Keras imports these where they are installed, for wrappers and plots that
    are not used here: a third of the time to start.
    """
    # An import of a module that is None fails.
    loaded: dict[str, Any] = sys.modules
    hidden = [name for name in packages if name not in loaded]
    loaded.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            del loaded[name]


def _serve(
    replies: BinaryIO, trainer: Any, task: str, arguments: dict[str, Any]
) -> None:
    def send(*message: Any) -> None:
        pickle.dump(message, replies)
        replies.flush()

    def progress(done: int, total: int) -> None:
        send("progress", (done, total))

    workers = "framework_parity.comparisons.workers"
    tasks = importlib.import_module(f"{workers}.tasks")
    if not hasattr(tasks, task):
        tasks = importlib.import_module(f"{workers}.live_tasks")
    try:
        result = getattr(tasks, task)(trainer, progress=progress, **arguments)
    except SpecError as error:
        send("refused", error.as_json())
    except Exception:  # noqa: BLE001 - the parent reports all errors
        send("error", traceback.format_exc())
    else:
        send("result", result)


if __name__ == "__main__":
    _, name, function, count, where, images, fetch = sys.argv
    main(name, function, int(count), where, images, fetch == "download")
