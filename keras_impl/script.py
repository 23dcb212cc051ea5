"""Keras scripts: data, model, optimiser, training, evaluation and plot.

`torch_impl/script.py` has the same functions for PyTorch.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from framework_parity.common.codegen.calls import Call, builder_for, call
from framework_parity.common.codegen.concise import Style, concise, mapped
from framework_parity.common.codegen.printing import (
    Expression,
    Vocabulary,
    assembled,
    statement,
)
from framework_parity.common.codegen.scripts import arrays, parts, sources
from framework_parity.common.codegen.scripts.script import (
    Script,
    ScriptOptions,
    Section,
    annotated,
    assemble,
    check_script,
    epsilon_note,
    section,
    with_usual_optimizer,
)
from framework_parity.common.data.image_sets import ImageSet
from framework_parity.common.data.spec import Data
from framework_parity.common.spec.architecture import walk
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layers.activations import Sigmoid, Softmax
from framework_parity.common.spec.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
)
from framework_parity.common.spec.recipe import Recipe
from framework_parity.common.spec.schedules import Changing
from framework_parity.common.spec.selection import is_chosen
from framework_parity.common.training.batches import steps_per_epoch
from framework_parity.common.training.loop import (
    initial_weights,
    storage_dtype,
)
from framework_parity.common.training.record import Tensors
from framework_parity.keras_impl import (
    emit,
    engine,
    initializer_extensions,
    weights,
)
from framework_parity.keras_impl.model import block_call, build
from framework_parity.keras_impl.penalties import penalty
from framework_parity.keras_impl.random_extensions import MASKED_CLASS
from framework_parity.keras_impl.updates import optimizer_call

_MODULES = emit.VOCABULARY.modules
VOCABULARY = Vocabulary(
    {
        "keras": _MODULES["keras"],
        **_MODULES,
        "regularizers": (
            keras.regularizers,
            "from keras import regularizers",
        ),
    },
    emit.VOCABULARY.own,
    parts.IMPORTS
    | {
        "tf": "import tensorflow as tf",
        "callbacks": "from keras import callbacks",
        "metrics": "from keras import metrics",
    },
    frozenset({"registered", "get_config", "from_config"}),
)

# Where an image has several channels.
FLATTEN_NOTE = (
    r"layers\.Flatten\(",
    "pixel by pixel; PyTorch: channel by channel",
)

MODEL_NOTES = (
    (r"BatchNorm.*momentum|^\s+momentum=", "PyTorch's is 1 minus this"),
    (r"ChannelsFirstFlatten\(\)", "the order of PyTorch's Flatten"),
    (r"layers\.Conv2D\(", "the kernel is (height, width, in, out)"),
    (r"layers\.Dense\(", "the kernel is (inputs, outputs)"),
    (r"kernel_initializer=", "not Keras's default, Glorot's uniform"),
)


def style(options: ScriptOptions) -> Style:
    """Return how calls are shortened.

    Args:
        options: what the script is for.

    Translation: Keras rounds Python numbers to float32, so in float64 they
    are NumPy's.
    """
    return Style(
        equal=_equal,
        dropped=frozenset({"name"}),
        double=options.dtype == "float64",
    )


def _equal(default: Any, value: Call) -> bool:
    """Return whether an initialiser is the default of its argument."""
    made = value.construct()
    if not isinstance(made, keras.initializers.Initializer):
        return False
    wanted = keras.initializers.get(default)
    return type(wanted) is type(made) and _config(wanted) == _config(made)


def _config(initializer: Any) -> dict[str, Any]:
    config = initializer.get_config()
    return {name: v for name, v in config.items() if name != "seed"}


def script(arm: Arm, options: ScriptOptions) -> Script:
    """Return a script that trains an arm.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.
    """
    check_script(arm)
    engine.configure(options.dtype, options.seed)
    arm = parts.with_plain_flatten(arm, "channels_last")
    arm = with_usual_optimizer(arm, "keras", options.exact)
    summary = [options.summary]
    if options.exact:
        summary.append(
            "The initial weights, the order of the samples and the masks are "
            f"read from {options.arrays}."
        )
    return assemble(
        f"{options.experiment}, '{arm.name}', in Keras.",
        summary,
        (
            data_section(arm, options),
            model_section(arm, options),
            training_section(arm, options),
            evaluation_section(arm),
            plot_section(arm, options),
        ),
        VOCABULARY,
        script_arrays(arm, options),
    )


def script_arrays(arm: Arm, options: ScriptOptions) -> Tensors:
    """Return what the file of arrays of a script holds.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: weights have the names `variable.path`, which depend on the
    layers that were made before.
    """
    saved = arrays.data_arrays(arm)
    if not options.exact:
        return saved
    saved |= arrays.drawn_arrays(arm, options.seed)
    named = build(arm)
    weights.write(named, initial_weights(arm, options.seed, options.dtype))
    values = [keras.ops.convert_to_numpy(v) for v in named.weights]
    keras.utils.clear_session(free_memory=False)
    plain = model_call(arm, options).construct()
    pairs = zip(plain.weights, values, strict=True)
    saved |= {variable.path: value for variable, value in pairs}
    kind = storage_dtype(options.dtype)
    masks = arrays.mask_arrays(arm, options.seed, kind)
    return saved | {f"mask_{n}": m for n, m in enumerate(masks.values())}


def data_section(arm: Arm, options: ScriptOptions) -> Section:
    """Return the code from the samples to the arrays of each part.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: NumPy arrays are passed to `fit`; images stay channels last.
    """
    data, kind = arm.data, storage_dtype(options.dtype)
    lines = [f"keras.utils.set_random_seed({options.seed})"]
    if kind != "float32":
        lines.append(f'keras.config.set_floatx("{kind}")')
    if options.dtype != "float32":
        mixed = options.dtype == "bfloat16"
        policy = "mixed_bfloat16" if mixed else kind
        lines.append(f'keras.config.set_dtype_policy("{policy}")')
    if script_reads_arrays(arm, options):
        lines.append(f'saved = np.load("{options.arrays}")')
    lines += ["", *samples(data, options)]
    lines += parts.target_code(arm.recipe.loss, data)
    lines += ["", *parts.split_code(data, options.exact)]
    whole = isinstance(arm.recipe.loss, CrossEntropy)
    y = "y" if whole else f'y.astype("{kind}")'
    lines += parts.prepare_code(data, (f'x.astype("{kind}")', y))
    return section("Data", lines)


def script_reads_arrays(arm: Arm, options: ScriptOptions) -> bool:
    """Return whether a script has a file of arrays.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.
    """
    return options.exact or bool(arrays.data_arrays(arm))


def samples(data: Data, options: ScriptOptions) -> list[str]:
    """Return the code that assigns all samples and targets to x and y.

    Args:
        data: the data.
        options: what the script is for.

    Translation: one function loads both parts of an image data set.
    """
    source = data.source
    if sources.is_drawn(source):
        return sources.source_code(source, data.seed, options.exact)
    if not isinstance(source, ImageSet):
        return ['x, y = saved["x"], saved["y"]']
    loader = f"keras.datasets.{source.kind()}.load_data()"
    counts = f"[:{source.samples}]", f"[:{source.test_samples}]"
    lines = [f"(x, y), (x_last, y_last) = {loader}"]
    lines += [
        f"{name} = np.concatenate([{name}{counts[0]}, {name}_last{counts[1]}])"
        for name in "xy"
    ]
    if source.shape[-1] == 1:
        lines.append("x = x[..., np.newaxis]")
    return [*lines, "y = y.ravel().astype(int)"]


def model_section(arm: Arm, options: ScriptOptions) -> Section:
    """Return the code that makes the network and its initial weights.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: initialisers are arguments of the layers.
    """
    network = model_call(arm, options)
    lines = assembled(network, VOCABULARY)
    lines.append(statement(network, VOCABULARY, "model"))
    notes = [FLATTEN_NOTE] if parts.flattens_channels(arm) else []
    lines = annotated(lines, [*notes, *MODEL_NOTES])
    if options.exact:
        lines += [
            "for variable in model.weights:",
            "    variable.assign(saved[variable.path])",
        ]
    return section("Model", lines)


def model_call(arm: Arm, options: ScriptOptions) -> Call:
    """Return the call of the network, with the penalty on its weights.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: regularizers are arguments of the layers. Keras's
    cross-entropies compute with the inputs of a final softmax or sigmoid; a
    layer that changes nothing keeps them from finding those.
    """
    network = block_call(arm.nodes, masked=options.exact)
    network = mapped(network, _loaded if options.exact else _usual_initializer)
    if arm.recipe.penalty:
        exact = options.dtype == "float64"
        network = _penalised(network, arm, exact)
    if hides_logits(arm):
        start, *layers = network.args[0]
        layers.append(call(keras.layers.Rescaling, 1.0))
        network = replace(network, args=([start, *layers],))
    short: Call = concise(network, style(options))
    return short


def _loaded(value: Call) -> Call:
    """Return a layer without initialisers, as its weights are loaded."""
    kwargs = {
        name: given
        for name, given in value.kwargs.items()
        if not name.endswith("_initializer")
    }
    return replace(value, kwargs=kwargs)


def _usual_initializer(value: Call) -> Call:
    """Return Keras's own initialiser for PyTorch's default one."""
    if value.function is not initializer_extensions.FanInUniform:
        return value
    limit = round(1 / math.sqrt(value.args[0]), 6)
    return call(keras.initializers.RandomUniform, -limit, limit)


def hides_logits(arm: Arm) -> bool:
    """Return whether the loss is taken of the outputs of a probability."""
    entropies = isinstance(arm.recipe.loss, CrossEntropy | BinaryCrossEntropy)
    return entropies and isinstance(arm.layers[-1], Softmax | Sigmoid)


def _penalised(network: Call, arm: Arm, exact: bool) -> Call:
    """Return a network whose layers have the regularizers of a penalty.

    Args:
        network: the call of the network.
        arm: the network, its data and its recipe.
        exact: whether the factors must not be rounded to float32.
    """
    rule = arm.recipe.penalty
    assert rule is not None
    terms = {"l1": rule.l1, "l2": rule.square_factor}
    given = {name: value for name, value in terms.items() if value}
    kinds = {1: given and next(iter(given)).upper(), 2: "L1L2"}
    regularizer = Call(
        getattr(keras.regularizers, kinds[len(given)] or "L2"),
        tuple(given.values()) if len(given) == 1 else (),
        given if len(given) == 2 else {},
    )
    if exact:
        regularizer = penalty(rule)
    nodes = {node.name: node for node in walk(arm.nodes)}
    names = {neutral: own for own, neutral in weights.NAMES.items()}

    def with_rule(value: Any) -> Any:
        if isinstance(value, list):
            return [with_rule(inner) for inner in value]
        if not isinstance(value, Call):
            return value
        more: dict[str, Any] = {}
        node = nodes.get(value.kwargs.get("name", ""))
        for name in node.parameters if node else ():
            if is_chosen(name, rule.weights):
                own = names[name.rpartition("/")[2]]
                more[f"{own}_regularizer"] = regularizer
        return Call(
            value.function,
            tuple(with_rule(inner) for inner in value.args),
            {k: with_rule(v) for k, v in value.kwargs.items()} | more,
        )

    result: Call = with_rule(network)
    return result


def optimizer_code(arm: Arm, options: ScriptOptions) -> list[str]:
    """Return the code of the optimiser and of `compile`.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: clipping, accumulation and a schedule that counts steps are
    arguments of the optimiser; the parameters are given by `fit`.
    """
    recipe, short = arm.recipe, style(options)
    optimizer = optimizer_call(recipe)
    if summed(arm):
        kwargs = dict(optimizer.kwargs)
        del kwargs["loss_scale_factor"]
        optimizer = replace(optimizer, kwargs=kwargs)
    schedule = recipe.schedule
    lines = []
    scheduler = schedule_call(recipe, arm)
    if scheduler is not None:
        lines += assembled(scheduler, VOCABULARY)
        lines.append(
            statement(concise(scheduler, short), VOCABULARY, "schedule")
        )
        if isinstance(schedule, Changing) and schedule.per == "step":
            kwargs = optimizer.kwargs
            rate = {"learning_rate": Expression("schedule")}
            optimizer = replace(optimizer, kwargs=kwargs | rate)
    optimizer = concise(optimizer, short)
    if short.double:
        exact = {
            name: np.float64(value) if type(value) is float else value
            for name, value in optimizer.kwargs.items()
        }
        optimizer = replace(optimizer, kwargs=exact)
    lines += assembled(optimizer, VOCABULARY)
    lines.append(statement(optimizer, VOCABULARY, "optimizer"))
    spec = recipe.optimizer
    if spec.weight_decay and not all(map(spec.decays, arm.parameters)):
        lines += [
            "optimizer.exclude_from_weight_decay(",
            '    var_names=["bias", "gamma", "beta"]',
            ")",
        ]
    loss = concise(builder_for("keras_impl", recipe.loss)(recipe.loss), short)
    lines.append(statement(loss, VOCABULARY, "loss"))
    measured = metric_code(arm)
    weight = ""
    if recipe.accumulation and summed(arm):
        weight = f"loss_weights=[{recipe.accumulation.batches}]"
    more = f", metrics=[{', '.join(measured)}]" if measured else ""
    more = f", {weight}{more}" if weight else more
    line = f"model.compile(optimizer, loss{more})"
    if len(line) > 79:
        items = "".join(f"        {metric},\n" for metric in measured)
        weights_line = f"    {weight},\n" if weight else ""
        line = (
            f"model.compile(\n    optimizer,\n    loss,\n{weights_line}"
            f"    metrics=[\n{items}    ],\n)"
        )
    lines.append(line)
    notes = [
        (r"weight_decay=", "PyTorch's is added to the gradient"),
        (r"Crossentropy\(", "by default of probabilities"),
        (r"loss_weights=", "the sum of the accumulated gradients"),
        (r"clipnorm=", "PyTorch: clip_grad_norm_ in the loop"),
        (r"^schedule = ", "Keras computes schedules in float32."),
    ]
    notes.append((r"\bepsilon=", epsilon_note(spec, "keras")))
    if recipe.optimizer.kind() == "adamw":
        notes[0] = (r"weight_decay=", "subtracted, as in PyTorch")
    return annotated(lines, notes)


def metric_code(arm: Arm) -> list[str]:
    """Return the metrics of `compile`, as code."""
    loss = arm.recipe.loss
    found = []
    if isinstance(loss, CrossEntropy):
        found.append('"accuracy"')
    elif isinstance(loss, BinaryCrossEntropy):
        found.append('metrics.BinaryAccuracy(name="accuracy", threshold=0.0)')
    elif arm.data.source.class_count is not None:
        found.append('metrics.CategoricalAccuracy(name="accuracy")')
    if separate_loss(arm):
        found.append('metrics.MeanMetricWrapper(loss, name="data_loss")')
    return found


def separate_loss(arm: Arm) -> bool:
    """Return whether the loss without the penalty is a metric of its own.

    Translation: the loss that `fit` reports includes the penalties.
    """
    rule = arm.recipe.penalty
    return summed(arm) or (rule is not None and not rule.reported)


def summed(arm: Arm) -> bool:
    """Return whether accumulated gradients are added up.

    Translation: Keras takes their mean, so the loss has a weight.
    """
    grouped = arm.recipe.accumulation
    return grouped is not None and grouped.reduction == "sum"


def schedule_call(recipe: Recipe, arm: Arm) -> Call | None:
    """Return the call of the schedule, counted in its own unit, or None.

    Args:
        recipe: the schedule and the rate.
        arm: the arm.

    Translation: a schedule is a function of the number of updates; of the
    number of epochs, where a callback calls it.
    """
    schedule = recipe.schedule
    if not isinstance(schedule, Changing):
        return None
    counted = schedule.model_copy(update={"per": "step"})
    builder = builder_for("keras_impl", counted)
    return builder(counted, recipe.optimizer.lr, 1)


def training_section(arm: Arm, options: ScriptOptions) -> Section:
    """Return the code of the optimiser and the call of `fit`.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: `fit` contains the loop that is written out in PyTorch.
    """
    lines = optimizer_code(arm, options)
    lines += _Fit(arm, options).code()
    notes = [
        (r"shuffle=False", "fit() shuffles by default"),
        (r"EarlyStopping\($", "part of the loop in PyTorch"),
    ]
    return section("Training", annotated(lines, notes))


class _Fit:
    """The code of the call of `fit` of one arm."""

    def __init__(self, arm: Arm, options: ScriptOptions) -> None:
        self.arm, self.recipe, self.options = arm, arm.recipe, options
        self.watched = parts.evaluated(arm.data)
        self.masked = options.exact and bool(masked_classes(arm))
        size = self.recipe.batch_size
        self.samples = samples = arm.data.part_sizes()["train"]
        self.size = "len(x_train)" if size == "full" else str(size)
        number = samples if size == "full" else min(size, samples)
        dropped = self.recipe.last_batch == "drop" and samples % number > 0
        self.dropped = dropped
        self.ordered = options.exact and self.recipe.shuffle == "each_epoch"

    def code(self) -> list[str]:
        """Return the call of `fit`, with what has to be there before."""
        lines, given = self.data()
        used = self.callbacks()
        lines += used[0]
        arguments = [given, f"epochs={self.recipe.epochs}"]
        if self.watched:
            part = self.watched
            arguments.append(f"validation_data=(x_{part}, y_{part})")
            every = self.recipe.evaluate_every or self.recipe.epochs
            if every > 1:
                arguments.append(f"validation_freq={self.evaluated(every)}")
        if used[1]:
            listed = "".join(f"        {c},\n" for c in used[1])
            arguments.append(f"callbacks=[\n{listed}    ]")
        long = self.recipe.epochs > 100
        arguments.append(f"verbose={0 if long else 2}")
        lines += [
            "history = model.fit(",
            *(f"    {argument}," for argument in arguments),
            ").history",
            *self.after(),
        ]
        return lines

    def evaluated(self, every: int) -> int | list[int]:
        """Return the epochs to evaluate after; the last is one of them."""
        epochs = self.recipe.epochs
        if epochs % every == 0:
            return every
        return [*range(every, epochs, every), epochs]

    def data(self) -> tuple[list[str], str]:
        """Return what makes the batches, and the first arguments of `fit`."""
        recipe, exact = self.recipe, self.options.exact
        if self.ordered:
            steps = steps_per_epoch(recipe, self.samples)
            return self.saved_order(), f"batches,\n    steps_per_epoch={steps}"
        if self.dropped:
            pairs = "tf.data.Dataset.from_tensor_slices((x_train, y_train))"
            shuffled = ""
            if recipe.shuffle != "never":
                each = recipe.shuffle == "each_epoch"
                again = "" if each else ", reshuffle_each_iteration=False"
                shuffled = f".shuffle(len(x_train){again})"
            batch = f"batches.batch({self.size}, drop_remainder=True)"
            lines = []
            if exact and recipe.shuffle == "once":
                shuffled = ""
                lines = [
                    'order = saved["order"][0]',
                    "x_train, y_train = x_train[order], y_train[order]",
                ]
            lines += [
                f"batches = {pairs}",
                *([f"batches = batches{shuffled}"] if shuffled else []),
                f"batches = {batch}",
            ]
            return lines, "batches"
        given = f"x_train,\n    y_train,\n    batch_size={self.size}"
        if recipe.shuffle == "each_epoch":
            return [], given
        lines = []
        if recipe.shuffle == "once":
            order = 'saved["order"][0]'
            if not exact:
                order = "np.random.default_rng().permutation(len(x_train))"
            lines = [
                f"order = {order}",
                "x_train, y_train = x_train[order], y_train[order]",
            ]
        return lines, f"{given},\n    shuffle=False"

    def saved_order(self) -> list[str]:
        """Return the batches of all epochs, in the order of the file."""
        drop = ", drop_remainder=True" if self.dropped else ""
        return [
            "",
            "",
            "def batched(rows):",
            '    """Return the rows of one epoch in batches."""',
            "    rows = tf.data.Dataset.from_tensor_slices(rows)",
            f"    return rows.batch({self.size}{drop})",
            "",
            "",
            "def gathered(rows):",
            '    """Return the samples and targets of some rows."""',
            "    return tf.gather(x_train, rows), tf.gather(y_train, rows)",
            "",
            "",
            'orders = tf.data.Dataset.from_tensor_slices(saved["order"])',
            "batches = orders.flat_map(batched).map(gathered)",
        ]

    def callbacks(self) -> tuple[list[str], list[str]]:
        """Return what callbacks need before, and their expressions."""
        recipe = self.recipe
        before, used = [], []
        schedule = recipe.schedule
        if isinstance(schedule, Changing) and schedule.per == "epoch":
            rate = "lambda epoch: float(schedule(epoch))"
            used.append(f"callbacks.LearningRateScheduler({rate})")
        if self.masked:
            before += self.saved_masks()
            used.append("SavedMasks()")
        if rule := recipe.early_stopping:
            patience = max(rule.patience, 1)
            if rule.counting == "exceeds":
                patience = rule.patience + 1
            fields = {
                "monitor": f'"{self.monitor(rule.monitor)}"',
                "min_delta": rule.min_delta or "",
                "patience": patience,
                "mode": self.mode(rule.monitor),
                "baseline": "" if rule.baseline is None else rule.baseline,
                "restore_best_weights": rule.restore_best or "",
                "start_from_epoch": rule.start_from_epoch or "",
            }
            used.append(_callback("EarlyStopping", fields))
        if recipe.checkpoint:
            fields = {
                "": '"best.weights.h5"',
                "monitor": f'"{self.monitor(recipe.checkpoint)}"',
                "mode": self.mode(recipe.checkpoint),
                "save_best_only": True,
                "save_weights_only": True,
            }
            used.append(_callback("ModelCheckpoint", fields))
        if recipe.plateau:
            code, name = self.plateau()
            before += code
            used.append(name)
        return before, used

    def monitor(self, name: str) -> str:
        """Return Keras's name of a monitored curve."""
        if separate_loss(self.arm):
            name = name.replace("_loss", "_data_loss")
        return name.replace("validation", "val")

    def mode(self, name: str) -> str:
        return '"max"' if name.endswith("accuracy") else '"min"'

    def plateau(self) -> tuple[list[str], str]:
        """Return ReduceLROnPlateau, with patience in Keras's counting."""
        rule = self.recipe.plateau
        assert rule is not None
        patience = max(rule.patience, 1)
        if rule.counting == "exceeds":
            patience = rule.patience + 1
        cooldown = rule.cooldown
        if rule.last_cooldown == "ignored" and cooldown:
            cooldown += 1
        relative = rule.threshold_mode == "relative" and rule.threshold > 0
        fields = {
            "monitor": f'"{self.monitor(rule.monitor)}"',
            "factor": rule.by,
            "patience": patience,
            "mode": self.mode(rule.monitor),
            "min_delta": 0.0 if relative else rule.threshold,
            "cooldown": cooldown or "",
            "min_lr": rule.min_lr or "",
        }
        if not relative:
            return [], _callback("ReduceLROnPlateau", fields)
        sign = "+" if rule.monitor.endswith("accuracy") else "-"
        relation = ">" if sign == "+" else "<"
        bound = f"best * (1 {sign} {rule.threshold})"
        operation = f"lambda new, best: new {relation} {bound}"
        code = [
            "",
            "",
            "class RelativePlateau(callbacks.ReduceLROnPlateau):",
            '    """With a relative threshold, as in PyTorch."""',
            "",
            "    def on_train_begin(self, logs=None):",
            "        super().on_train_begin(logs)",
            f"        self.monitor_op = {operation}",
            "",
            "",
        ]
        call = _callback("ReduceLROnPlateau", fields)
        return code, call.replace(
            "callbacks.ReduceLROnPlateau", "RelativePlateau"
        )

    def saved_masks(self) -> list[str]:
        """Return the callback that sets the masks of the file."""
        kinds = masked_classes(self.arm)
        names = ", ".join(dict.fromkeys(kind.__name__ for kind in kinds))
        group = f"({names})" if "," in names else names
        nested = any(node.blocks for node in walk(self.arm.nodes))
        inside = "leaves(model)" if nested else "model.layers"
        lines = ["", ""]
        if nested:
            lines += [
                "def leaves(layer):",
                '    """Yield the layers without layers inside."""',
                '    inner = getattr(layer, "layers", None)',
                "    if inner is None:",
                "        yield layer",
                "    for other in inner or ():",
                "        yield from leaves(other)",
                "",
                "",
            ]
        return [
            *lines,
            "random_layers = [",
            f"    layer for layer in {inside} if isinstance(layer, {group})",
            "]",
            "for n, layer in enumerate(random_layers):",
            '    layer.mask = tf.Variable(saved[f"mask_{n}"][0])',
            "",
            "",
            "class SavedMasks(callbacks.Callback):",
            '    """Sets the masks of the file before each step."""',
            "",
            "    step = 0",
            "",
            "    def on_train_batch_begin(self, batch, logs=None):",
            "        for n, layer in enumerate(random_layers):",
            '            layer.mask.assign(saved[f"mask_{n}"][self.step])',
            "        self.step += 1",
            "",
            "",
        ]

    def after(self) -> list[str]:
        """Return what happens after the last epoch."""
        if self.recipe.checkpoint:
            return ['model.load_weights("best.weights.h5")']
        return []


def _callback(name: str, fields: dict[str, Any]) -> str:
    """Return a callback with the arguments that are not empty."""
    given = [
        f"{field}={value}" if field else str(value)
        for field, value in fields.items()
        if value != ""
    ]
    lines = "".join(f"            {argument},\n" for argument in given)
    return f"callbacks.{name}(\n{lines}        )"


def evaluation_section(arm: Arm) -> Section:
    """Return the code that evaluates the trained network."""
    held = "test" if "test" in parts.suffixes(arm.data) else "train"
    measured = metric_code(arm)
    accuracy = any("accuracy" in metric for metric in measured)
    names = f"{held}_loss, {held}_accuracy" if accuracy else f"{held}_loss"
    shown = ", ".join(f"{name} {{{name}:.6f}}" for name in names.split(", "))
    call = f"model.evaluate(x_{held}, y_{held}, verbose=0"
    lines = [f"{names} = {call})"]
    if separate_loss(arm):
        lines = [f"values = {call}, return_dict=True)"]
        lines.append(f'{held}_loss = values["data_loss"]')
        if accuracy:
            lines.append(f'{held}_accuracy = values["accuracy"]')
    return section("Evaluation", *lines, f'print(f"{shown}")')


def plot_section(arm: Arm, options: ScriptOptions) -> Section:
    """Return the code of the plot.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.
    """
    loss = "data_loss" if separate_loss(arm) else "loss"
    names = {loss: "training"}
    if parts.evaluated(arm.data) and arm.recipe.evaluate_every == 1:
        names[f"val_{loss}"] = "validation"
    return section(
        "Plot", parts.plot_code(names, f"{options.experiment}, {arm.name}")
    )


def masked_classes(arm: Arm) -> list[type[keras.layers.Layer]]:
    """Return the class of each layer that draws masks, in order."""
    kinds = set(MASKED_CLASS.values())
    return list(_classes(block_call(arm.nodes, masked=True), kinds))


def _classes(value: Any, kinds: set[Any]) -> Iterator[Any]:
    if isinstance(value, list):
        for inner in value:
            yield from _classes(inner, kinds)
    elif isinstance(value, Call):
        if value.function in kinds:
            yield value.function
        for inner in (*value.args, *value.kwargs.values()):
            yield from _classes(inner, kinds)
