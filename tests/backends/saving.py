"""Tasks that save this project's classes and restore them.

They run in a worker, which holds one framework, and import it there.
"""

import importlib
import inspect
import io
import json
import pickle
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from framework_parity.comparisons.workers import tasks
from tests.backends.items import sample

STEPS = 4
PACKAGE = "parity>"
IMAGE = (4, 5, 3)
SEQUENCES = (
    *("1D", "Cell", "Bidirectional"),
    *("Attention", "Positions", "PositionEmbedding"),
)
"""The ends of the names of layers over sequences."""

# The values of an array before and after saving, and the name of the class.
Pair = tuple[np.ndarray, np.ndarray]

# Arguments of the classes of either framework, by name; those of a class are
# those of all its base classes together.
TORCH: dict[str, dict[str, Any]] = {
    "DecoupledDecay": {"decoupled_decay": 0.1, "weight_decay": 0.0},
    "StepVelocitySGD": {"momentum": 0.9, "nesterov": True, "lr": 0.1},
    "AnyRMSprop": {
        "epsilon_placement": "inside_root",
        "velocity": "of_steps",
        "momentum": 0.5,
        "centered": True,
    },
    "AnyAdam": {
        "epsilon_placement": "epsilon_hat",
        "bias_correction": "parameter",
        "weight_decay": 0.1,
        "lr": 0.1,
        "eps": 0.01,
        "fused": True,
    },
    "InnerEpsilonAdagrad": {
        "initial_accumulator_value": 0.1,
        "eps": 0.01,
        "lr": 0.1,
    },
    "AnyAdamax": {
        "epsilon_placement": "after_maximum",
        "bias_correction": "parameter",
    },
    "ParameterPrecisionNAdam": {"momentum_decay": 0.1, "lr": 0.1},
}

# What the restored optimiser is made with, to show that all is saved.
OTHER: dict[str, Any] = {
    "lr": 0.5,
    "weight_decay": 0.3,
    "decoupled_decay": 0.7,
    "momentum": 0.2,
    "nesterov": False,
    "epsilon_placement": "epsilon",
    "bias_correction": "double",
    "velocity": "of_gradients",
    "eps": 0.3,
    "momentum_decay": 0.8,
}

KERAS: dict[str, dict[str, Any]] = {
    "CoupledDecay": {"coupled_decay": 0.1},
    "FactoredDecay": {"factored_decay": 0.1},
    "EpsilonClipping": {"clip_epsilon": 0.1, "clipnorm": 0.5},
    "SGD": {"momentum": 0.9},
    "GradientVelocitySGD": {"nesterov": True},
    "AnyRMSprop": {
        "epsilon_placement": "outside_root",
        "velocity": "of_gradients",
        "momentum": 0.5,
        "centered": True,
    },
    "AnyAdam": {
        "epsilon_placement": "epsilon",
        "bias_correction": "double",
        "epsilon": 0.01,
    },
    "AnyAdamax": {
        "epsilon_placement": "in_maximum",
        "bias_correction": "double",
        "epsilon": 0.01,
    },
    "AnyNadam": {"momentum_decay": 0.1, "bias_correction": "double"},
    "AbsolutelyTruncatedNormal": {"stddev": 1.5, "seed": 1},
    "FanInUniform": {"fan_in": 4, "seed": 1},
    "ToldVarianceScaling": {
        "scale": 2.0,
        "mode": "fan_in",
        "distribution": "uniform",
        "fans": (4, 6),
        "seed": 1,
    },
    "ExactL1L2": {"l1": 0.1, "l2": 0.2},
    "RisingCosine": {"rate": 0.1, "steps": 7, "alpha": 0.1},
    "CompoundedSteps": {"rate": 0.1, "every": 3, "by": 0.5},
    "OneCycle": {
        "rate": 0.1,
        "steps": 20,
        "rise": 0.3,
        "start_over": 25.0,
        "end_over": 1e4,
    },
    "SmoothedCrossentropy": {"from_logits": True, "label_smoothing": 0.1},
    "WeightedCrossentropy": {
        "weights": [1.0, 2.0, 4.0],
        "apply_to": "classes",
        "from_logits": True,
    },
    "PositiveWeightCrossentropy": {"weight": 2.0, "label_smoothing": 0.1},
    "BinaryFocalLoss": {"gamma": 1.5, "balance": 0.3},
    "SmoothL1": {"delta": 0.5},
    "ChannelsFirstReshape": {"target": (4, 1, 3)},
    "PixelShuffle": {"factor": 2, "channels_first": True},
    "JointSoftmax": {"channels": False, "log": True},
    "LogSoftmax": {"axis": 1},
    "ExactLeakyReLU": {"negative_slope": 0.3},
    "ExactGELU": {"form": "tanh"},
    "Swish": {"beta": 1.7},
    "_Padded": {"padding": ((1, 2), (0, 1))},
    "PaddedConv1D": {
        "filters": 2,
        "kernel_size": 3,
        "padding": ((1, 2),),
    },
    "CroppedConv2DTranspose": {
        "filters": 2,
        "kernel_size": 3,
        "cropping": (1, 0),
    },
    "PaddedConv2D": {"filters": 2, "kernel_size": 3},
    "PaddedDepthwiseConv2D": {"kernel_size": 3, "depth_multiplier": 2},
    "UnitsUniform": {"units": 4, "seed": 1},
    "ForgetBias": {"others": "ones", "value": 0.5},
    "SimpleRNNCell": {"units": 3},
    "LSTMCell": {"units": 3},
    "GRUCell": {"units": 3},
    "SelfAttention": {"num_heads": 2, "key_dim": 3, "causal": True},
    "PackedSelfAttention": {"num_heads": 2, "key_dim": 3, "causal": True},
    "PositionEmbedding": {"embeddings_initializer": "ones"},
    "SinusoidalPositions": {"base": 100.0, "interleaved": False},
    "PaddedAveragePooling2D": {"pool_size": 2, "count_padding": False},
    "BilinearUpSampling2D": {"size": 2, "align_corners": True},
    "PaddedMaxPooling1D": {"padding": ((1, 0),)},
    "PaddedAveragePooling1D": {
        "pool_size": 2,
        "count_padding": False,
        "padding": ((1, 0),),
    },
    "DenseEmbedding": {"input_dim": 4, "output_dim": 3, "padding": 1},
    "AnyRMSNormalization": {"axis": -1, "epsilon": None, "affine": True},
    "SteepPReLU": {"shared_axes": [1, 2]},
    "UnbiasedBatchNormalization": {"momentum": 0.7},
    "Dropout": {"rate": 0.3},
    "BaseSpatialDropout": {"rate": 0.3},
    "RandomCrop": {"padding": 1, "fill": 0.1},
}


def _arguments(table: dict[str, dict[str, Any]], cls: type) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        result |= table.get(base.__name__, {})
    return result


def _module(package: str, name: str) -> ModuleType:
    return importlib.import_module(f"framework_parity.{package}.{name}")


# --- PyTorch: an optimiser is saved in the middle of a run. ---


def _own_optimizers() -> dict[str, Any]:
    from torch import optim

    module = _module("torch_impl", "optimizer_extensions")
    mixins = module.DecoupledDecay, module.FactoredDecay, module.ByHand
    own = [
        cls
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if issubclass(cls, optim.Optimizer) and cls not in mixins
    ]
    own = [cls for cls in own if cls.__module__ == module.__name__]
    bases = [*own, optim.SGD, optim.Adam, optim.NAdam, optim.Adagrad]
    own += [
        module.mixed(mixin, each) for mixin in mixins[:2] for each in bases
    ]
    return {cls.__name__: cls for cls in own}


def resumed(
    trainer_class: Any, progress: Any = None
) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return, for each optimiser, weights at the end of three runs.

    They are of a run without a break, of one that is continued by another
    object with the state of the first, and of one continued by a copy that
    was pickled.
    """
    _module("torch_impl", "engine").configure("float64", 0)
    return {name: _resumed(cls) for name, cls in _own_optimizers().items()}


def _resumed(cls: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    import torch

    arguments = _arguments(TORCH, cls)
    parameters = _parameters()
    first = cls(_groups(parameters), **arguments)
    _train(first, range(STEPS))
    pickled = pickle.loads(pickle.dumps(first))
    copies = [p.detach().clone().requires_grad_() for p in parameters]
    other = {k: OTHER.get(k, value) for k, value in arguments.items()}
    second = cls(_groups(copies), **other)
    buffer = io.BytesIO()
    torch.save(first.state_dict(), buffer)
    second.load_state_dict(torch.load(io.BytesIO(buffer.getvalue())))
    return tuple(
        _train(each, range(STEPS, 2 * STEPS))
        for each in (first, second, pickled)
    )  # type: ignore[return-value]


def _parameters() -> list[Any]:
    import torch

    start = torch.linspace(-1, 1, 6, dtype=torch.float64)
    return [(start * k).requires_grad_() for k in (1.0, 0.5)]


def _groups(parameters: list[Any]) -> list[dict[str, Any]]:
    """Return two groups, of which one has a rate of its own."""
    first, second = parameters
    return [{"params": [first]}, {"params": [second], "lr": 0.03}]


def _train(optimizer: Any, steps: range) -> np.ndarray:
    import torch

    parameters = [p for g in optimizer.param_groups for p in g["params"]]
    for step in steps:
        for p in parameters:
            p.grad = torch.sin(p.detach() * (1 + step)) + 0.1
        optimizer.step()
    ends = [p.detach().numpy().copy() for p in parameters]
    return np.concatenate(ends)


def stepped_with_a_closure(
    trainer_class: Any, progress: Any = None
) -> dict[str, tuple[float, bool, bool]]:
    """Return the loss from `step`, and how the closure was called.

    The closure computes gradients, and one of the parameters gets none.
    """
    _module("torch_impl", "engine").configure("float64", 0)
    return {name: _closed(cls) for name, cls in _own_optimizers().items()}


def _closed(cls: Any) -> tuple[float, bool, bool]:
    import torch

    used, idle = _parameters()
    before = idle.detach().clone()
    optimizer = cls([used, idle], **_arguments(TORCH, cls))
    expected = cls([p := _parameters()[0]], **_arguments(TORCH, cls))
    p.grad = 2 * p.detach()
    expected.step()

    def closure() -> Any:
        optimizer.zero_grad()
        loss = used.square().sum()
        loss.backward()
        return loss

    loss = float(optimizer.step(closure))
    same = torch.equal(used, p)
    return loss, same, torch.equal(idle, before)


# --- Keras: an object is made again from its configuration. ---


def saved(
    trainer_class: Any, folder: Path, progress: Any = None
) -> dict[str, tuple[str, Any, Any]]:
    """Return what each registered class does before and after saving.

    Returns:
        For each class, the name of the restored object's class, and the
        results of both objects.
    """
    import keras

    _module("keras_impl", "emit")  # imports all modules with own classes
    known = keras.saving.get_custom_objects().items()
    classes = {
        name.removeprefix(PACKAGE): cls
        for name, cls in known
        if name.startswith(PACKAGE)
    }
    # Options of Keras's own classes are saved as Python floats, which Keras
    # rounds to float32, so optimisers are compared in that precision.
    return {
        name: _saved(cls, folder / f"{name}.keras")
        for name, cls in classes.items()
    }


def _saved(cls: Any, path: Path) -> tuple[str, Any, Any]:
    import keras

    optimizer = issubclass(cls, keras.optimizers.Optimizer)
    engine = _module("keras_impl", "engine")
    engine.configure("float32" if optimizer else "float64", 0)
    if issubclass(cls, keras.layers.Layer):
        return _saved_layer(cls, path)
    live = _made(cls)
    text = json.dumps(keras.saving.serialize_keras_object(live))
    again = keras.saving.deserialize_keras_object(json.loads(text))
    return type(again).__name__, _result(live), _result(again)


def _made(cls: Any) -> Any:
    import keras

    if cls.__name__ == "EachEpoch":
        inner = keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)
        return cls(inner, 2)
    if cls.__name__ in ("Residual", "Concatenate"):
        blocks = [
            keras.Sequential(
                [keras.Input(IMAGE), keras.layers.Conv2D(3, 1, name=name)]
            )
            for name in ("conv2d_1", "conv2d_2")
        ]
        if cls.__name__ == "Concatenate":
            return cls(*blocks, axis=-1)
        return cls(*blocks, keras.layers.Identity())
    if cls.__name__ == "Frozen":
        layers = [keras.Input(IMAGE), keras.layers.BatchNormalization()]
        return cls(keras.Sequential(layers), batch_norm="training")
    if cls.__name__.endswith("Bidirectional"):
        return cls(keras.layers.LSTM(3, return_sequences=True))
    if cls.__name__ == "PaddedSequential":
        return cls([keras.Input(IMAGE), keras.layers.Dense(2)])
    made = cls(**_arguments(KERAS, cls))
    return keras.layers.RNN(made) if cls.__name__.endswith("Cell") else made


def _result(live: Any) -> np.ndarray:
    """Return what an object computes."""
    import keras

    if isinstance(live, keras.optimizers.Optimizer):
        return _updated(live)
    if isinstance(live, keras.initializers.Initializer):
        bias = type(live).__name__ == "ForgetBias"
        return np.array(live((8,) if bias else (4, 6), "float64"))
    if isinstance(live, keras.losses.Loss):
        if isinstance(live, keras.losses.CategoricalCrossentropy):
            return np.array(live(np.arange(6) % 3, sample((3,))))
        z = sample((1,))
        return np.array(live(np.arange(len(z))[:, None] % 2, z))
    if isinstance(live, keras.regularizers.Regularizer):
        return np.array(live(sample((3,))))
    return np.array([live(step) for step in range(25)])


def _updated(optimizer: Any) -> np.ndarray:
    import keras

    variable = keras.Variable(np.linspace(-1, 1, 6))
    optimizer.build([variable])
    for step in range(3):
        gradient = keras.ops.sin(variable * (1.0 + step)) + 0.1
        optimizer.apply([gradient], [variable])
    return np.array(variable)


def _saved_layer(cls: Any, path: Path) -> tuple[str, Any, Any]:
    import keras

    x = sample((6, 4) if cls.__name__.endswith(SEQUENCES) else IMAGE)
    if cls.__name__ == "PixelShuffle":
        x = sample((4, 5, 8))
    if issubclass(cls, keras.layers.Embedding):
        x = np.arange(12).reshape(2, 6) % 4
    model = keras.Sequential([keras.Input(x.shape[1:]), _made(cls)])
    for variable in model.trainable_variables:
        variable.assign(variable + 0.1)
    model.save(path)
    again = keras.saving.load_model(path)
    restored = again.layers[-1]
    name = type(getattr(restored, "cell", restored)).__name__
    before, after = (
        np.array([len(each.trainable_variables), *np.ravel(each(x))])
        for each in (model, again)
    )
    return name, before, after


def add_tasks(backend: str) -> None:
    """Add the tasks of this module to a worker."""
    for task in (resumed, stepped_with_a_closure, saved):
        setattr(tasks, task.__name__, task)
