"""The frameworks' own optimisers and schedules, in plain code.

The frameworks are called directly, without this project's backends. The
functions that take a step import their framework, and run in its worker;
Keras on its PyTorch backend needs its own process::

    KERAS_BACKEND=torch python -m tests.external.plain_optimizers OUT.npz
"""

import importlib
import sys
from typing import Any

import numpy as np

STEPS = 60
NUMBERS = 12

Arguments = dict[str, Any]

TORCH: dict[str, list[Arguments]] = {
    "SGD": [
        {},
        {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.1, "momentum": 0.8, "nesterov": True},
        {"lr": 0.1, "weight_decay": 0.1},
        {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1},
        {
            "lr": 0.05,
            "momentum": 0.9,
            "nesterov": True,
            "weight_decay": 0.02,
        },
    ],
    "RMSprop": [
        {},
        {"centered": True},
        {"momentum": 0.9},
        {"lr": 0.02, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.05},
        {"centered": True, "momentum": 0.5, "weight_decay": 0.05},
    ],
    "Adam": [
        {},
        {"amsgrad": True},
        {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3},
        {"lr": 0.01, "weight_decay": 0.1},
        {"lr": 0.01, "amsgrad": True, "weight_decay": 0.1},
        {"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True},
    ],
    "AdamW": [
        {},
        {"lr": 0.02, "weight_decay": 0.2},
        {"lr": 0.02, "amsgrad": True, "eps": 1e-4},
    ],
    "Adagrad": [
        {},
        {"lr": 0.1, "initial_accumulator_value": 0.3, "eps": 1e-3},
        {"lr": 0.1, "weight_decay": 0.1},
    ],
    "Adadelta": [
        {},
        {"lr": 0.5, "rho": 0.8, "eps": 1e-3},
        {"lr": 0.5, "weight_decay": 0.1},
    ],
    "Adamax": [
        {},
        {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3},
        {"lr": 0.01, "weight_decay": 0.1},
    ],
    "NAdam": [
        {},
        {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-3},
        {"momentum_decay": 0.1},
        {"weight_decay": 0.1},
        {"weight_decay": 0.1, "decoupled_weight_decay": True},
    ],
}

_SMALL_BETAS = {
    "learning_rate": 0.05,
    "beta_1": 0.8,
    "beta_2": 0.95,
    "epsilon": 1e-3,
}
_DECAYED = {"learning_rate": 0.01, "weight_decay": 0.1}
KERAS: dict[str, list[Arguments]] = {
    "SGD": [
        {},
        {"learning_rate": 0.1, "momentum": 0.9},
        {"learning_rate": 0.1, "momentum": 0.8, "nesterov": True},
        {"learning_rate": 0.1, "weight_decay": 0.1},
        {"learning_rate": 0.05, "momentum": 0.9, "weight_decay": 0.1},
    ],
    "RMSprop": [
        {},
        {"centered": True},
        {"momentum": 0.9},
        {
            "learning_rate": 0.02,
            "rho": 0.95,
            "epsilon": 1e-3,
            "weight_decay": 0.05,
        },
        {"centered": True, "momentum": 0.5, "weight_decay": 0.05},
    ],
    "Adam": [{}, {"amsgrad": True}, _SMALL_BETAS, _DECAYED],
    "AdamW": [
        {},
        {"learning_rate": 0.02, "weight_decay": 0.2},
        {"learning_rate": 0.02, "amsgrad": True, "epsilon": 1e-4},
    ],
    "Adagrad": [
        {},
        {
            "learning_rate": 0.1,
            "initial_accumulator_value": 0.3,
            "epsilon": 1e-3,
        },
        {"learning_rate": 0.1, "weight_decay": 0.1},
    ],
    "Adadelta": [
        {},
        {"learning_rate": 0.5, "rho": 0.8, "epsilon": 1e-3},
        {"learning_rate": 0.5, "weight_decay": 0.1},
    ],
    "Adamax": [{}, _SMALL_BETAS, _DECAYED],
    "Nadam": [
        {},
        {**_SMALL_BETAS, "learning_rate": 0.02},
        _DECAYED,
    ],
}

_IN_THE_LANGUAGE = {
    "alpha": "rho",
    "eps": "epsilon",
    "initial_accumulator_value": "initial_accumulator",
    "learning_rate": "lr",
}


def written(kind: str, arguments: Arguments) -> dict[str, Arguments]:
    """Return an optimiser of either framework as the language writes it.

    >>> written("Adam", {"lr": 0.1, "betas": (0.8, 0.9)})
    {'adam': {'lr': 0.1, 'beta_1': 0.8, 'beta_2': 0.9}}
    """
    fields: Arguments = {}
    for name, value in arguments.items():
        if name == "betas":
            fields |= {"beta_1": value[0], "beta_2": value[1]}
        elif name == "decoupled_weight_decay":
            fields["decay"] = "factored"
        else:
            value = float(value) if type(value) is int else value
            fields[_IN_THE_LANGUAGE.get(name, name)] = value
    if fields.get("nesterov") and not fields.get("momentum"):
        # The language refuses Nesterov without momentum.
        del fields["nesterov"]
    return {kind.lower(): fields}


def given() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the first values, the gradients, and the rates' factors.

    The gradients have sizes from 1e-5 to 10. One number always has a zero
    gradient, one has zeros at first, and a tenth of all are zero.
    """
    rng = np.random.default_rng(7)
    start = rng.normal(size=NUMBERS)
    sizes = 10.0 ** np.linspace(-5, 1, NUMBERS)
    gradients = rng.normal(size=(STEPS, NUMBERS)) * sizes
    gradients[rng.random(gradients.shape) < 0.1] = 0.0
    gradients[:, 3] = 0.0
    gradients[:10, 5] = 0.0
    return start, gradients, np.repeat([1.0, 0.5, 2.0], STEPS // 3)


def paths(trainer_class: Any, dtype: str, progress: Any = None) -> Any:
    """Return the paths of the framework's own optimisers, by setting."""
    if trainer_class.__module__.startswith("framework_parity.torch_impl"):
        return paths_of_torch(dtype)
    return paths_of_keras(dtype)


def paths_of_torch(dtype: str) -> dict[str, np.ndarray]:
    """Return the paths of `torch.optim`, (STEPS, NUMBERS) each."""
    torch = importlib.import_module("torch")
    kind = getattr(torch, dtype)
    # NAdam keeps the product of its momenta in the default precision.
    torch.set_default_dtype(kind)
    start, gradients, factors = given()
    result = {}
    for name, settings in TORCH.items():
        for number, arguments in enumerate(settings):
            p = torch.nn.Parameter(torch.tensor(start, dtype=kind))
            live = getattr(torch.optim, name)([p], **arguments)
            lr, path = live.param_groups[0]["lr"], []
            for gradient, factor in zip(gradients, factors, strict=True):
                live.param_groups[0]["lr"] = lr * float(factor)
                p.grad = torch.tensor(gradient, dtype=kind)
                live.step()
                path.append(p.detach().numpy().copy())
            result[f"{name} {number}"] = np.stack(path)
    return result


def paths_of_keras(dtype: str) -> dict[str, np.ndarray]:
    """Return the paths of `keras.optimizers`, (STEPS, NUMBERS) each."""
    keras = importlib.import_module("keras")
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    start, gradients, factors = given()
    result = {}
    for name, settings in KERAS.items():
        for number, arguments in enumerate(settings):
            v = keras.Variable(np.array(start, dtype), dtype=dtype)
            live = getattr(keras.optimizers, name)(**arguments)
            live.build([v])
            # The rate as written in decimals, not rounded to float32.
            lr = arguments.get("learning_rate")
            lr = lr or float(
                f"{float(live.get_config()['learning_rate']):.6g}"
            )
            path = []
            for gradient, factor in zip(gradients, factors, strict=True):
                rate = np.asarray(lr * factor, dtype)
                live.learning_rate.assign(rate)
                tensor = keras.ops.convert_to_tensor(gradient.astype(dtype))
                live.apply([tensor], [v])
                path.append(keras.ops.convert_to_numpy(v).copy())
            result[f"{name} {number}"] = np.stack(path)
    return result


LR, RATES = 0.1, 40
STEPS_PER_EPOCH = 4

TORCH_SCHEDULES: dict[str, tuple[str, Arguments, Any]] = {
    "step_decay": (
        "StepLR",
        {"step_size": 7, "gamma": 0.3},
        {"step_decay": {"every": 7, "by": 0.3}},
    ),
    "multi_step": (
        "MultiStepLR",
        {"milestones": [5, 6, 20], "gamma": 0.5},
        {"multi_step": {"at": [5, 6, 20], "by": 0.5}},
    ),
    "exponential": (
        "ExponentialLR",
        {"gamma": 0.93},
        {"exponential": 0.93},
    ),
    "polynomial_decay": (
        "PolynomialLR",
        {"total_iters": 25, "power": 2.0},
        {"polynomial_decay": {"steps": 25, "power": 2.0}},
    ),
    "cosine": (
        "CosineAnnealingLR",
        {"T_max": 12, "eta_min": 0.01},
        {"cosine": {"steps": 12, "final": 0.1}},
    ),
    "cosine_restarts": (
        "CosineAnnealingWarmRestarts",
        {"T_0": 5, "T_mult": 2, "eta_min": 0.01},
        {"cosine_restarts": {"first": 5, "times": 2, "final": 0.1}},
    ),
    "cosine_restarts-default": (
        "CosineAnnealingWarmRestarts",
        {"T_0": 9},
        {"cosine_restarts": 9},
    ),
    "one_cycle": (
        "OneCycleLR",
        {"max_lr": LR, "total_steps": RATES},
        {"one_cycle": RATES},
    ),
    "one_cycle-other": (
        "OneCycleLR",
        {
            "max_lr": LR,
            "total_steps": RATES,
            "pct_start": 0.43,
            "div_factor": 10,
            "final_div_factor": 50,
        },
        {
            "one_cycle": {
                "steps": RATES,
                "rise": 0.43,
                "start_over": 10.0,
                "end_over": 50.0,
            }
        },
    ),
}

KERAS_SCHEDULES: dict[str, tuple[str, Arguments, Any]] = {
    "exponential": (
        "ExponentialDecay",
        {"decay_steps": 3, "decay_rate": 0.9},
        {"exponential": {"by": 0.9, "every": 3}},
    ),
    "exponential-stairs": (
        "ExponentialDecay",
        {"decay_steps": 3, "decay_rate": 0.9, "staircase": True},
        {"exponential": {"by": 0.9, "every": 3, "staircase": True}},
    ),
    "polynomial_decay": (
        "PolynomialDecay",
        {"decay_steps": 25, "power": 2.0},
        {"polynomial_decay": {"steps": 25, "power": 2.0}},
    ),
    "polynomial_decay-end": (
        "PolynomialDecay",
        {"decay_steps": 25, "end_learning_rate": 0.02},
        {"polynomial_decay": {"steps": 25, "end": 0.02}},
    ),
    "inverse_time": (
        "InverseTimeDecay",
        {"decay_steps": 3, "decay_rate": 0.5},
        {"inverse_time": {"k": 0.5, "every": 3}},
    ),
    "inverse_time-stairs": (
        "InverseTimeDecay",
        {"decay_steps": 3, "decay_rate": 0.5, "staircase": True},
        {"inverse_time": {"k": 0.5, "every": 3, "staircase": True}},
    ),
    "cosine": (
        "CosineDecay",
        {"decay_steps": 12, "alpha": 0.1},
        {"cosine": {"steps": 12, "final": 0.1}},
    ),
    "multi_step": (
        "PiecewiseConstantDecay",
        {
            "boundaries": [5, 6, 20],
            "values": [LR, LR * 0.5, LR * 0.25, LR * 0.125],
        },
        {"multi_step": {"at": [5, 6, 20], "by": 0.5}},
    ),
    "warmup_cosine": (
        "CosineDecay",
        {
            "initial_learning_rate": 0.0,
            "decay_steps": 20,
            "alpha": 0.1,
            "warmup_target": LR,
            "warmup_steps": 6,
        },
        {"warmup_cosine": {"warmup": 6, "steps": 20, "final": 0.1}},
    ),
    "cosine_restarts-default": (
        "CosineDecayRestarts",
        {"first_decay_steps": 5},
        {"cosine_restarts": 5},
    ),
    "cosine_restarts": (
        "CosineDecayRestarts",
        {"first_decay_steps": 4, "t_mul": 3.0, "m_mul": 0.8, "alpha": 0.1},
        {
            "cosine_restarts": {
                "first": 4,
                "times": 3,
                "peak": 0.8,
                "final": 0.1,
            }
        },
    ),
}


def rates(trainer_class: Any, progress: Any = None) -> Any:
    """Return the rates of the framework's own schedules, by name."""
    if trainer_class.__module__.startswith("framework_parity.torch_impl"):
        return {name: rates_of_torch(name) for name in TORCH_SCHEDULES}
    return {name: rates_of_keras(name) for name in KERAS_SCHEDULES}


def rates_of_torch(name: str) -> np.ndarray:
    """Return the rates of a class of `torch.optim.lr_scheduler`."""
    torch = importlib.import_module("torch")
    kind, arguments, _ = TORCH_SCHEDULES[name]
    p = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = torch.optim.SGD([p], lr=LR)
    make = getattr(torch.optim.lr_scheduler, kind)
    scheduler = make(optimizer, **arguments)
    result = []
    for step in range(RATES):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step + 1 < RATES:
            scheduler.step()
    return np.array(result)


def rates_of_keras(name: str) -> np.ndarray:
    """Return the rates of a class of `keras.optimizers.schedules`."""
    keras = importlib.import_module("keras")
    keras.config.set_floatx("float64")
    kind, arguments, _ = KERAS_SCHEDULES[name]
    if "values" not in arguments:
        arguments = {"initial_learning_rate": LR} | arguments
    schedule = getattr(keras.optimizers.schedules, kind)(**arguments)
    return np.array([float(schedule(step)) for step in range(RATES)])


def add_tasks(backend: str) -> None:
    """Add the tasks of this module to a worker."""
    from framework_parity.comparisons.workers import tasks

    for name, task in {"plain_paths": paths, "plain_rates": rates}.items():
        setattr(tasks, name, task)


if __name__ == "__main__":
    arrays: dict[str, Any] = {**paths_of_keras("float64")}
    np.savez(sys.argv[1], **arrays)
