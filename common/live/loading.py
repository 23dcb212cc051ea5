"""Load models and functions from a user's file."""

import importlib.util
import re
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from framework_parity.common.spec.errors import SpecError, nearest

OURS = "framework_parity."
PACKAGE = f"{Path(__file__).parents[2]}/"
_FOLDERS: set[str] = set()

TRAINING = (
    "loss",
    "make_optimizer",
    "make_scheduler",
    "train_step",
    "preprocess",
    "split",
    "evaluate",
    "fit_config",
)
"""Names of the functions of a user's file that are used beside the model."""


def load(address: str) -> Any:
    """Return the object that an address names.

    Args:
        address: `file.py:NAME`.

    Raises:
        SpecError: if there is no such file or name, or the file raises; the
            message has the user's line.
    """
    module, name = _loaded(address)
    if not hasattr(module, name):
        known = [each for each in vars(module) if not each.startswith("_")]
        path = address.rpartition(":")[0]
        raise SpecError(
            address, f"'{path}' defines no '{name}'{nearest(name, known)}"
        )
    return getattr(module, name)


def user_functions(address: str) -> dict[str, Callable[..., Any]]:
    """Return the functions beside the model that its file defines.

    Args:
        address: `file.py:NAME`, which has been loaded.

    Returns:
        Those of `TRAINING` that exist, by name.
    """
    path = address.rpartition(":")[0]
    if not path:
        return {}  # a live object
    module = sys.modules[Path(path).stem]
    found = {name: getattr(module, name, None) for name in TRAINING}
    return {name: each for name, each in found.items() if callable(each)}


def line_of(function: Callable[..., Any]) -> str | None:
    """Return file and line where a function is defined, as `net.py:12`."""
    while isinstance(function, partial):
        function = function.func
    code = getattr(function, "__code__", None)
    if code is None or code.co_filename.startswith(PACKAGE):
        return None
    return f"{Path(code.co_filename).name}:{code.co_firstlineno}"


def file_of(address: str) -> Path:
    """Return the file of an address.

    Args:
        address: `file.py:NAME`.

    Raises:
        SpecError: if it is none, or there is no such file.
    """
    path, colon, name = address.rpartition(":")
    if not colon or not path.endswith(".py") or not name.isidentifier():
        raise SpecError(address, "expected FILE.py:NAME")
    file = Path(path).resolve()
    if not file.is_file():
        raise SpecError(address, f"there is no file '{path}'")
    return file


def _loaded(address: str) -> tuple[ModuleType, str]:
    """Return the module of an address, and the name in it.

    The folder of the file is put first on the path, so that the file can
    import its neighbours.
    """
    file, name = file_of(address), address.rpartition(":")[2]
    _forget(file.parent)
    sys.path.insert(0, str(file.parent))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    called(address, "importing it", spec.loader.exec_module, module)
    return module, name


def _forget(folder: Path) -> None:
    """Remove what earlier files of users have put on the path and imported.

    Args:
        folder: of the file that is loaded next; its modules are read again.
    """
    folders = {str(folder), *_FOLDERS}
    sys.path[:] = [path for path in sys.path if path not in folders]
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if str(Path(file).parent) in folders and not name.startswith(OURS):
            del sys.modules[name]
    _FOLDERS.clear()
    _FOLDERS.add(str(folder))


def called(address: str, doing: str, function: Any, *arguments: Any) -> Any:
    """Call a user's function; an exception becomes one sentence.

    Args:
        address: of the user's code.
        doing: what the call is for, for the message.
        function: the function.
        *arguments: its arguments.

    Raises:
        SpecError: if it raises, with the user's own line.
    """
    try:
        return function(*arguments)
    except SpecError:
        raise
    except SystemExit as error:
        text = f"{doing} ends the interpreter (status {error.code})"
        raise SpecError(address, text) from error
    except Exception as error:
        folder = str(Path(address.rpartition(":")[0]).resolve().parent)
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename.startswith(folder)
        ]
        place = ""
        if frames:
            last = frames[-1]
            place = f" at {Path(last.filename).name}:{last.lineno}"
        kind = type(error).__name__
        raise SpecError(
            address, f"{doing} raises {kind}{place}: {_plain(error)}"
        ) from error


def _plain(error: Exception) -> str:
    """Return an error's message without colours and lists of arguments."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
    text = text.partition("\n\nArguments received by")[0]
    if "a float tensor" in text or "float != double" in text:
        text += " (models are built in float64; --dtype float32 is possible)"
    return text
