"""The call of `fit` of a Keras script.

In PyTorch the loop is written out, so the file there is different.
"""

from typing import Any

from framework_parity.common.codegen.scripts import parts
from framework_parity.common.codegen.scripts.script import (
    ScriptOptions,
    Section,
    annotated,
    section,
)
from framework_parity.common.spec.architecture import walk
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.schedules import Changing
from framework_parity.common.training.batches import steps_per_epoch
from framework_parity.keras_impl.scripts.evaluation import separate_loss
from framework_parity.keras_impl.scripts.model import masked_classes
from framework_parity.keras_impl.scripts.optimizer import optimizer_code


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
                order = "np.random.default_rng(0).permutation(len(x_train))"
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
