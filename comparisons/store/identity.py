"""What a stored result depends on: its identity, from which its name follows.

A result is used again only if nothing that its numbers depend on has changed:
the specification, the task, the precision, the versions of the packages, and
the code of this project that computes it.
"""

import contextlib
import hashlib
import json
import os
import platform
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from framework_parity.common.data.image_archives import SETS
from framework_parity.common.data.image_cache import ImageFiles
from framework_parity.common.spec.arm import Arm

# The version of the files of the store.
FORMAT = 1

PACKAGES = (
    *("torch", "torchvision", "tensorflow", "keras"),
    *("numpy", "scipy", "scikit-learn"),
)

# Beginnings of the names of environment variables by which a framework or a
# library computes other numbers.
VARIABLES = (
    *("ATEN_", "TORCH_", "PYTORCH_", "TF_", "XLA_", "KERAS_"),
    *("OMP_", "KMP_", "MKL_", "DNNL_", "ONEDNN_", "OPENBLAS_"),
)

# Those among them that change no number. The first two are set by
# scikit-learn when it is imported, so that they depend on what a process has
# done before; the others choose what is logged, and where files are. A worker
# sets the backend of Keras itself.
WITHOUT_EFFECT = frozenset(
    (
        *("KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK", "KMP_WARNINGS"),
        *("TF_CPP_MIN_LOG_LEVEL", "TF_CPP_MAX_VLOG_LEVEL", "TORCH_LOGS"),
        *("KERAS_HOME", "KERAS_BACKEND", "TORCH_HOME"),
    )
)

# Beginnings of the names of Terraform's variables, some of which are secret.
TERRAFORM = (
    *("TF_CLI_", "TF_DATA_DIR", "TF_INPUT", "TF_IN_AUTOMATION", "TF_LOG"),
    *("TF_PLUGIN_", "TF_REGISTRY_", "TF_STATE_", "TF_TOKEN_", "TF_VAR_"),
    "TF_WORKSPACE",
)

# What Keras writes to its file of settings when it is first imported.
KERAS_SETTINGS = {
    "floatx": "float32",
    "epsilon": 1e-07,
    "backend": "tensorflow",
    "image_data_format": "channels_last",
}

# The folders with the code that a worker runs.
CODE = ("common", "torch_impl", "keras_impl", "comparisons/workers")
ROOT = Path(__file__).parents[2]

Identity = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a result is computed.

    Attributes:
        backend: `torch` or `keras`.
        threads: the number of threads of one operation.
        device: `cpu`, `cuda` or `mps`.
        images: where image data sets are found.
    """

    backend: str
    threads: int
    device: str
    images: ImageFiles


def identities(
    task: str, arguments: dict[str, Any], place: Place
) -> list[Identity]:
    """Return the identity of each result of a task.

    Args:
        task: name of a task of `comparisons.workers.tasks`.
        arguments: its arguments.
        place: where it is computed.

    Returns:
        One for each record of a task that trains, and one for an inspected
        step or a script; none for a task whose result is not stored.
    """
    arm, dtype = arguments.get("arm"), arguments.get("dtype")
    # The model of an accelerator is not known here.
    if not isinstance(arm, Arm) or place.device != "cpu":
        return []
    options = arguments.get("options")
    probes = bool(arm.probes and arm.probes.gradient_norm)
    norm = arguments.get("gradient_norm", False) or probes
    epochs = arguments.get("nudged_epochs")

    def run(seed: int, nudge: int | None, source: str) -> Identity:
        return {
            "role": "run" if nudge is None else "perturbed run",
            "seed": seed,
            "perturbation": nudge,
            "epochs": None if nudge is None else epochs,
            "gradient_norm": norm,
            "randomness": source,
        }

    results: list[Identity]
    if task == "train":
        source = "native" if arguments.get("native") else "shared"
        source = "replay" if arguments.get("drawn") else source
        nudges = (None, *arguments.get("nudges", ()))
        results = [run(arguments["seed"], n, source) for n in nudges]
    elif task == "train_together":
        runs = arguments["runs"]
        results = [run(seed, nudge, "shared") for seed, nudge in runs]
        if arguments["batched"]:
            # Rounding depends on which runs are one batched model, and how
            # long.
            for result in results:
                result |= {"together": {"runs": runs, "epochs": epochs}}
    elif task == "train_independently":
        results = [run(s, None, "native") for s in arguments["seeds"]]
    elif task == "inspect_step":
        keys = ("seed", "nudges")
        results = [
            {"role": "inspected step", **{k: arguments[k] for k in keys}}
        ]
    elif task == "script" and options and not options.exact:
        dtype = options.dtype
        results = [
            {"role": "script", "seed": options.seed, "arm": arm.name}
            | {"options": asdict(options)}
        ]
    else:
        return []
    common = {
        "format": FORMAT,
        "framework": place.backend,
        "dtype": dtype,
        "threads": place.threads,
        "device": place.device,
        "processor": processor(),
        "variables": variables(),
        "versions": versions(),
        "code": code_digest(),
        "images": _images(arm.data.source.kind(), place.images.folder),
        "spec": _written(arm),
    }
    return [common | result for result in results]


def digest_of(identity: Identity) -> str:
    """Return the digest of an identity, which is the name of its folder.

    Args:
        identity: what a result depends on.

    Returns:
        40 hexadecimal digits.
    """
    text = json.dumps(identity, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def is_current(identity: Identity) -> bool:
    """Return whether the installed packages would compute the same result.

    Args:
        identity: what a stored result depends on.
    """
    own = {
        "format": FORMAT,
        "processor": processor(),
        "versions": versions(),
        "code": code_digest(),
    }
    return all(identity.get(name) == value for name, value in own.items())


def _written(arm: Arm) -> Identity:
    """Return the specification of an arm, without its name."""
    return {
        "layers": [layer.model_dump(mode="json") for layer in arm.layers],
        "data": arm.data.model_dump(mode="json"),
        "recipe": arm.recipe.model_dump(mode="json"),
        "probes": arm.probes and arm.probes.model_dump(mode="json"),
        "replay": arm.replay.model_dump(mode="json"),
        "streams": arm.streams,
    }


@cache
def processor() -> str:
    """Return the model of the processor; the kernels depend on it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            name, _, model = line.partition(":")
            if name.strip() == "model name":
                return f"{platform.machine()} {model.strip()}"
    return f"{platform.machine()} {platform.processor()}".strip()


def variables() -> dict[str, str]:
    """Return the settings of the user by which numbers change.

    They are environment variables, and Keras's file of settings.
    """
    found = {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith(VARIABLES)
        and not name.startswith(TERRAFORM)
        and name not in WITHOUT_EFFECT
    }
    home = os.environ.get("KERAS_HOME", Path.home() / ".keras")
    with contextlib.suppress(OSError):
        written = (Path(home) / "keras.json").read_text("utf-8")
        changed = _changed_settings(written)
        if changed:
            found["keras.json"] = changed
    return found


def _changed_settings(written: str) -> str:
    """Return what differs in Keras's file of settings from its defaults.

    A file without a difference is the same as no file, since Keras writes
    one when it is first imported.
    """
    try:
        settings = json.loads(written)
    except ValueError:
        return written
    if not isinstance(settings, dict):
        return written
    missing = object()
    changed = {
        name: value
        for name, value in settings.items()
        if KERAS_SETTINGS.get(name, missing) != value
    }
    return json.dumps(changed, sort_keys=True) if changed else ""


@cache
def versions() -> dict[str, str]:
    """Return the versions of the packages that compute numbers."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def code_digest() -> str:
    """Return a digest of the code that a worker runs."""
    total = hashlib.sha256()
    for folder in CODE:
        for file in sorted((ROOT / folder).rglob("*.py")):
            total.update(str(file.relative_to(ROOT)).encode())
            total.update(file.read_bytes())
    return total.hexdigest()[:16]


def _images(kind: str, folder: Path) -> str | None:
    """Return a digest of the files of an image data set, if it is one."""
    if kind not in SETS:
        return None
    files = [folder / name for name in SETS[kind].files]
    if not all(file.is_file() for file in files):
        return "the cached arrays alone"
    return _digest_of_files(
        *((str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in files)
    )


@lru_cache(maxsize=8)
def _digest_of_files(*files: tuple[str, int, int]) -> str:
    total = hashlib.sha256()
    for path, _, _ in files:
        total.update(Path(path).read_bytes())
    return total.hexdigest()[:16]
