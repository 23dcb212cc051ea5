"""PyTorch scripts: data, model, optimiser, training, evaluation and plot.

`keras_impl/script.py` has the same functions for Keras.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from torch import nn

from framework_parity.common.codegen.calls import Call, builder_for
from framework_parity.common.codegen.concise import Style, concise
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
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
)
from framework_parity.common.spec.node import defaults_from
from framework_parity.common.spec.recipe import EarlyStopping, Recipe
from framework_parity.common.spec.schedules import Changing
from framework_parity.common.training.loop import (
    initial_weights,
    storage_dtype,
)
from framework_parity.common.training.record import Tensors
from framework_parity.torch_impl import emit, engine, weights
from framework_parity.torch_impl.model import (
    block_call,
    build,
    weight_calls,
)
from framework_parity.torch_impl.random_extensions import MASKED_CLASS
from framework_parity.torch_impl.updates import optimizer_call

VOCABULARY = Vocabulary(
    {key: value for key, value in emit.VOCABULARY.modules.items() if key},
    emit.VOCABULARY.own,
    parts.IMPORTS
    | {
        "DataLoader": (
            "from torch.utils.data import DataLoader, TensorDataset"
        ),
        "TensorDataset": (
            "from torch.utils.data import DataLoader, TensorDataset"
        ),
        "datasets": "from torchvision import datasets",
    },
)

STYLE = Style(
    equal=lambda default, value: False,
    dropped=frozenset({"fused"}),
    containers=(OrderedDict,),
)

LOADERS = {
    "mnist": "MNIST",
    "fashion_mnist": "FashionMNIST",
    "cifar10": "CIFAR10",
}

# Where an image has several channels.
FLATTEN_NOTE = (r"nn\.Flatten\(", "channel by channel; Keras: pixel by pixel")

MODEL_NOTES = (
    (r"Batch[Nn]orm.*momentum|^\s+momentum=", "Keras's is 1 minus this"),
    (r"ChannelsLastFlatten\(\)", "the order of Keras's Flatten"),
    (r"nn\.Conv2d\(", "the kernel is (out, in, height, width)"),
    (r"nn\.Linear\(", "the kernel is (outputs, inputs)"),
)


def script(arm: Arm, options: ScriptOptions) -> Script:
    """Return a script that trains an arm.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.
    """
    check_script(arm)
    engine.configure(options.dtype, options.seed)
    arm = parts.with_plain_flatten(arm, "channels_first")
    arm = with_usual_optimizer(arm, "torch", options.exact)
    summary = [options.summary]
    if options.exact:
        summary.append(
            "The initial weights, the order of the samples and the masks are "
            f"read from {options.arrays}."
        )
    return assemble(
        f"{options.experiment}, '{arm.name}', in PyTorch.",
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

    Translation: weights have the names of `state_dict`.
    """
    saved = arrays.data_arrays(arm)
    if not options.exact:
        return saved
    saved |= arrays.drawn_arrays(arm, options.seed)
    named = build(arm)
    weights.write(named, initial_weights(arm, options.seed, options.dtype))
    plain = concise(block_call(arm.nodes), STYLE).construct()
    pairs = zip(plain.state_dict(), named.state_dict().values(), strict=True)
    saved |= {name: value.cpu().numpy() for name, value in pairs}
    kind = storage_dtype(options.dtype)
    masks = arrays.mask_arrays(arm, options.seed, kind)
    for index, mask in enumerate(masks.values()):
        if mask.ndim in (4, 5):
            mask = np.moveaxis(mask, -1, 2)
        saved[f"mask_{index}"] = mask
    return saved


def data_section(arm: Arm, options: ScriptOptions) -> Section:
    """Return the code from the samples to the tensors of each part.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: images are moved to channels first.
    """
    data, kind = arm.data, storage_dtype(options.dtype)
    lines = [f"torch.manual_seed({options.seed})"]
    if kind != "float32":
        lines.append(f"torch.set_default_dtype(torch.{kind})")
    if script_reads_arrays(arm, options):
        lines.append(f'saved = np.load("{options.arrays}")')
    lines += ["", *samples(data, options)]
    lines += parts.target_code(arm.recipe.loss, data)
    lines += ["", *parts.split_code(data, options.exact)]
    x = f"torch.tensor(x, dtype=torch.{kind})"
    y = "torch.tensor(y)"
    if not isinstance(arm.recipe.loss, CrossEntropy):
        y = f"torch.tensor(y, dtype=torch.{kind})"
    if axes := len(data.source.shape) - 1:
        moved = ", ".join(map(str, (0, axes + 1, *range(1, axes + 1))))
        x += f".permute({moved}).contiguous()"
    lines += parts.prepare_code(data, (x, y))
    notes = [(r"\.permute\(", "Images have channels first in PyTorch.")]
    return section("Data", annotated(lines, notes))


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

    Translation: each part of an image data set is an object of its own.
    """
    source = data.source
    if sources.is_drawn(source):
        return sources.source_code(source, data.seed, options.exact)
    if not isinstance(source, ImageSet):
        return ['x, y = saved["x"], saved["y"]']
    loader = f"datasets.{LOADERS[source.kind()]}"
    channel = "" if len(source.shape) == 3 and source.shape[-1] == 3 else "x"
    lines = [
        f'train_set = {loader}("data", train=True, download=True)',
        f'test_set = {loader}("data", train=False, download=True)',
    ]
    for name, field in {"x": "data", "y": "targets"}.items():
        train = f"train_set.{field}[:{source.samples}]"
        test = f"test_set.{field}[:{source.test_samples}]"
        whole = [f"{name} = np.concatenate(", f"    [{train}, {test}]", ")"]
        lines += whole
    return lines + (["x = x[..., np.newaxis]"] if channel else [])


def model_section(arm: Arm, options: ScriptOptions) -> Section:
    """Return the code that makes the network and its initial weights.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: the layers draw their weights in PyTorch's default way, and
    other weights are drawn afterwards.
    """
    network = concise(block_call(arm.nodes, masked=options.exact), STYLE)
    lines = assembled(network, VOCABULARY)
    lines.append(statement(network, VOCABULARY, "model"))
    notes = [FLATTEN_NOTE] if parts.flattens_channels(arm) else []
    lines = annotated(lines, [*notes, *MODEL_NOTES])
    if options.exact:
        lines += [
            "model.load_state_dict(",
            "    {",
            "        name: torch.tensor(saved[name])",
            "        for name in model.state_dict()",
            "    }",
            ")",
        ]
    else:
        lines += weight_code(arm)
    return section("Model", lines)


def weight_code(arm: Arm) -> list[str]:
    """Return the code that draws weights which are not PyTorch's default."""
    fills = list(_fills(arm.nodes, "model"))
    by_class: dict[Any, set[tuple[str, ...]]] = {}
    for _, kind, lines in fills:
        by_class.setdefault(kind, set()).add(tuple(lines))
    written, code = set(), []
    for path, kind, lines in fills:
        if len(by_class[kind]) > 1 or kind is None:
            code += [line.format(layer=path) for line in lines]
        elif kind not in written and lines:
            written.add(kind)
            code += [
                "for layer in model.modules():",
                f"    if isinstance(layer, {VOCABULARY.name(kind)}):",
                *(f"        {line.format(layer='layer')}" for line in lines),
            ]
    notes = [(r"^(for layer|init)", "Not PyTorch's default initialisation.")]
    return annotated(code, notes) if code else []


def _fills(
    nodes: Sequence[LayerNode], start: str
) -> Iterator[tuple[str, Any, list[str]]]:
    """Yield the path, the class and the drawing code of each layer."""
    attributes = {neutral: native for native, neutral in weights.NAMES.items()}
    for index, node in enumerate(nodes):
        path = f"{start}[{index}]"
        lines = []
        for name, fill in weight_calls(node).items():
            tensor = name.rpartition("/")[2]
            if _is_default(node, tensor):
                continue
            target = Expression(f"{{layer}}.{attributes[tensor]}")
            short = concise(fill, STYLE).with_args(target)
            lines.append(statement(short, VOCABULARY))
        if node.parameters and not node.blocks:
            call = builder_for("torch_impl", node.layer)(
                node.layer, node.input_shape
            )
            yield path, call.function, lines
        for role, block in node.blocks.items():
            yield from _fills(block, f"{path}.{role}")
        yield from _fills(node.after or (), f"{path}.after")


def _is_default(node: LayerNode, tensor: str) -> bool:
    """Return whether a tensor has PyTorch's default initialiser."""
    field = f"{tensor}_initializer"
    written = node.layer.model_dump(mode="json")
    fields = written if isinstance(written, dict) else {}
    inner = next(iter(fields.values())) if len(fields) == 1 else fields
    rest = {
        name: value
        for name, value in (inner if isinstance(inner, dict) else {}).items()
        if not name.endswith("_initializer")
    }
    with defaults_from("torch"):
        default = type(node.layer).model_validate(rest)
    return bool(getattr(default, field) == getattr(node.layer, field))


def optimizer_code(arm: Arm) -> list[str]:
    """Return the code of the loss, the optimiser and the scheduler.

    Translation: the parameters are an argument of the optimiser; parameters
    without weight decay are a group.
    """
    recipe = arm.recipe
    loss = builder_for("torch_impl", recipe.loss)(recipe.loss)
    lines = [statement(concise(loss, STYLE), VOCABULARY, "criterion")]
    spec = recipe.optimizer
    optimizer = concise(optimizer_call(recipe), STYLE)
    first = Expression("model.parameters()")
    if spec.weight_decay and not all(
        spec.decays(name) for name in arm.parameters
    ):
        first = Expression("groups")
        decays = ("weight_decay", "decoupled_decay")
        zeros = [name for name in decays if name in optimizer.kwargs]
        lines += [
            "groups = [",
            '    {"params": [p for p in model.parameters() if p.ndim > 1]},',
            "    {",
            '        "params": [p for p in model.parameters() if p.ndim < 2],',
            *(f'        "{name}": 0.0,' for name in zeros),
            "    },",
            "]",
        ]
    lines += assembled(optimizer, VOCABULARY)
    call = optimizer.with_args(first)
    lines.append(statement(call, VOCABULARY, "optimizer"))
    if scheduler := schedule_call(recipe, arm):
        call = concise(scheduler, STYLE).with_args(Expression("optimizer"))
        lines.append(statement(call, VOCABULARY, "scheduler"))
    if recipe.plateau:
        lines.append(_plateau(recipe))
    notes = [
        (r"weight_decay=", _decay_note(spec)),
        (r"\beps=", epsilon_note(spec, "torch")),
        (r"CrossEntropyLoss\(", "of logits; called with (outputs, labels)"),
        (r"BCEWithLogits", "of logits; called with (outputs, targets)"),
        (r"^scheduler", "stepped by the training loop"),
    ]
    return annotated(lines, notes)


def _decay_note(spec: Any) -> str:
    if spec.decay == "coupled":
        return "added to the gradient; Keras's is decoupled"
    return "subtracted from the weights, as in Keras"


def schedule_call(recipe: Recipe, arm: Arm) -> Call | None:
    """Return the call of the scheduler, counted in its own unit, or None.

    Args:
        recipe: the schedule and the rate.
        arm: the arm.

    Translation: a scheduler counts the calls of `step()`.
    """
    schedule = recipe.schedule
    if not isinstance(schedule, Changing):
        return None
    counted = schedule.model_copy(update={"per": "step"})
    builder = builder_for("torch_impl", counted)
    return builder(counted, recipe.optimizer.lr, 1)


def _plateau(recipe: Recipe) -> str:
    """Return ReduceLROnPlateau, with patience in PyTorch's counting."""
    rule = recipe.plateau
    assert rule is not None
    patience = rule.patience
    if rule.counting == "reaches":
        patience = max(patience, 1) - 1
    cooldown = rule.cooldown
    if rule.last_cooldown == "counted":
        cooldown = max(cooldown - 1, 0)
    mode = "max" if rule.monitor.endswith("accuracy") else "min"
    relative = "rel" if rule.threshold_mode == "relative" else "abs"
    numbers = (
        f'threshold={rule.threshold}, threshold_mode="{relative}"',
        f"cooldown={cooldown}, min_lr={rule.min_lr}, eps={rule.least_change}",
    )
    return "\n".join(
        [
            "plateau = lr_scheduler.ReduceLROnPlateau(",
            f'    optimizer, "{mode}", factor={rule.by}, patience={patience},',
            *(f"    {line}," for line in numbers),
            ")",
        ]
    )


def training_section(arm: Arm, options: ScriptOptions) -> Section:
    """Return the code of the optimiser and the training loop.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: the loop is written out; Keras's `fit` contains it.
    """
    lines = optimizer_code(arm)
    lines += penalty_code(arm)
    lines += ["", *evaluate_code(arm, options), ""]
    lines += _Loop(arm, options).code()
    notes = [
        (r"model\.train\(\)", "a state of the model; Keras: set by fit()"),
        (r"zero_grad\(\)", "else gradients would add up"),
        (r"clip_grad_norm_\(", "one norm for all; Keras: global_clipnorm"),
        (r"clip_grad_value_\(", "Keras: clipvalue of the optimiser"),
        (r"shuffle=True", "Keras: the default of fit()"),
        (r"waited >", "one epoch later than Keras's patience"),
    ]
    return section("Training", annotated(lines, notes))


def penalty_code(arm: Arm) -> list[str]:
    """Return the function of the penalty on the weights, if there is one.

    Translation: Keras's regularizers are arguments of the layers.
    """
    rule = arm.recipe.penalty
    if rule is None:
        return []
    terms = []
    if rule.l1:
        terms.append(f"{rule.l1} * p.abs().sum()")
    if rule.l2:
        terms.append(f"{rule.square_factor} * p.square().sum()")
    chosen = " if p.ndim > 1" if rule.weights == "kernels" else ""
    return [
        "",
        "",
        "def penalty():",
        '    """Return the penalty; Keras: regularizers of the layers."""',
        f"    chosen = [p for p in model.parameters(){chosen}]",
        f"    return sum({' + '.join(terms)} for p in chosen)",
        "",
    ]


def evaluate_code(arm: Arm, options: ScriptOptions) -> list[str]:
    """Return the function that evaluates the network.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: evaluation mode is a state of the model, and gradients have
    to be switched off.
    """
    rule = arm.recipe.penalty
    added = " + penalty()" if rule and rule.reported else ""
    right = _right(arm)
    names = "loss and accuracy" if right else "loss"
    lines = [
        "",
        "@torch.no_grad()",
        "def evaluate(x, y):",
        f'    """Return the {names} of a part."""',
        "    model.eval()  # switches dropout off; Keras: set by evaluate()",
        *_forward("x", options, "    "),
        f"    loss = criterion(outputs, y){added}",
    ]
    if right:
        lines.append(f"    correct = {right}")
        lines.append("    return loss.item(), correct.sum().item() / len(y)")
    else:
        lines.append("    return loss.item()")
    return [*lines, ""]


def _right(arm: Arm) -> str:
    """Return the expression of the correct predictions, if classes."""
    loss = arm.recipe.loss
    if isinstance(loss, CrossEntropy):
        return "outputs.argmax(1) == y"
    if isinstance(loss, BinaryCrossEntropy):
        return "(outputs > 0) == (y > 0.5)"
    if arm.data.source.class_count is not None:
        return "outputs.argmax(1) == y.argmax(1)"
    return ""


def _forward(x: str, options: ScriptOptions, margin: str) -> list[str]:
    """Return the code that computes the outputs of x."""
    if options.dtype != "bfloat16":
        return [f"{margin}outputs = model({x})"]
    return [
        f'{margin}with torch.autocast("cpu", dtype=torch.bfloat16):',
        f"{margin}    outputs = model({x}).float()",
    ]


class _Loop:
    """The code of the training loop of one arm."""

    def __init__(self, arm: Arm, options: ScriptOptions) -> None:
        self.arm, self.recipe, self.options = arm, arm.recipe, options
        self.accurate = bool(_right(arm))
        self.watched = parts.evaluated(arm.data)
        masked = bool(masked_classes(arm)) and options.exact
        self.masked = masked
        shuffled = self.recipe.shuffle != "never"
        full = self.recipe.batch_size == "full"
        self.whole = full and not (masked and shuffled)

    def code(self) -> list[str]:
        """Return the loop, with what has to be there before and after it."""
        mean = "loss.item()" if self.whole else "total / count"
        inside = [
            "model.train()",
            *self.epoch(),
            f'history["loss"].append({mean})',
            *self.per_epoch(),
            *self.evaluation(),
        ]
        return [
            *self.before(),
            f"for epoch in range({self.recipe.epochs}):",
            *(f"    {line}" if line else line for line in inside),
            *self.after(),
        ]

    def before(self) -> list[str]:
        names = ["loss"]
        if self.watched:
            names += ["val_loss", *(["val_accuracy"] if self.accurate else [])]
        lists = ", ".join(f'"{name}": []' for name in names)
        lines = [f"history = {{{lists}}}"]
        lines += self.batches()
        if self.masked:
            kinds = ", ".join(
                dict.fromkeys(
                    kind.__name__ for kind in masked_classes(self.arm)
                )
            )
            group = f"({kinds})" if "," in kinds else kinds
            lines += [
                "random_layers = [",
                f"    m for m in model.modules() if isinstance(m, {group})",
                "]",
                "masks = [",
                '    iter(torch.tensor(saved[f"mask_{n}"]))',
                "    for n in range(len(random_layers))",
                "]",
            ]
        if self.recipe.accumulation:
            lines.append("steps = itertools.count(1)")
        for rule in self.kept():
            best = "-math.inf" if _rises(rule) else "math.inf"
            lines.append(f"best, best_epoch, waited = {best}, 0, 0")
            if rule.restore_best:
                lines.append("best_weights = model.state_dict()")
        return lines

    def batches(self) -> list[str]:
        """Return the loader, if one serves all epochs."""
        recipe, exact = self.recipe, self.options.exact
        if self.whole:
            return []
        lines = ["train_set = TensorDataset(x_train, y_train)"]
        if recipe.shuffle == "once":
            order = 'saved["order"][0]' if exact else "None"
            if not exact:
                lines.append("order = torch.randperm(len(x_train)).tolist()")
                order = "order"
            lines.append(f"loader = {self.loader(f', sampler={order}')}")
        elif recipe.shuffle == "never":
            lines.append(f"loader = {self.loader('')}")
        elif not exact:
            lines.append(f"loader = {self.loader(', shuffle=True')}")
        return lines

    def loader(self, more: str) -> str:
        """Return the expression of a loader with further arguments."""
        size = self.recipe.batch_size
        text = "len(x_train)" if size == "full" else str(size)
        drop = ", drop_last=True" if self.drops() else ""
        return f"DataLoader(train_set, batch_size={text}{more}{drop})"

    def drops(self) -> bool:
        """Whether an incomplete batch would be there, and is dropped."""
        return (
            self.recipe.last_batch == "drop"
            and self.recipe.batch_size != "full"
        )

    def epoch(self) -> list[str]:
        """Return the steps of one epoch."""
        steps = self.step()
        if self.whole:
            return steps
        lines = ["total, count = 0.0, 0"]
        loader = "loader"
        if self.options.exact and self.recipe.shuffle == "each_epoch":
            lines += [
                'order = saved["order"][epoch].tolist()',
                f"loader = {self.loader(', sampler=order')}",
            ]
        return [
            *lines,
            f"for x, y in {loader}:",
            *(f"    {line}" for line in steps),
        ]

    def step(self) -> list[str]:
        """Return one training step."""
        recipe = self.recipe
        rule, grouped = recipe.penalty, recipe.accumulation
        x, y = ("x_train", "y_train") if self.whole else ("x", "y")
        lines = []
        if self.masked:
            lines += [
                "for layer, mask in zip(random_layers, masks):",
                f"    layer.mask = next(mask)[: len({x})]",
            ]
        lines += _forward(x, self.options, "")
        lines.append(f"loss = criterion(outputs, {y})")
        if rule and rule.reported:
            lines[-1] += " + penalty()"
        objective = "loss"
        if rule and not rule.reported:
            objective = "(loss + penalty())"
        if grouped and grouped.reduction == "mean":
            objective = f"({objective} / {grouped.batches})"
        clip = self.clip()
        update = [*clip, "optimizer.step()"]
        if grouped:
            lines += [
                f"{objective}.backward()",
                f"if next(steps) % {grouped.batches} == 0:",
                *(f"    {line}" for line in update),
                "    optimizer.zero_grad()",
            ]
        else:
            lines += [
                "optimizer.zero_grad()",
                f"{objective}.backward()",
                *update,
            ]
        if self.scheduled("step"):
            lines.append("scheduler.step()")
        if self.whole:
            return lines
        return [
            *lines,
            "total, count = total + loss.item() * len(x), count + len(x)",
        ]

    def scheduled(self, unit: str) -> bool:
        """Whether the schedule counts steps, or epochs."""
        schedule = self.recipe.schedule
        return isinstance(schedule, Changing) and schedule.per == unit

    def clip(self) -> list[str]:
        rule = self.recipe.clipping
        if rule is None:
            return []
        call = concise(builder_for("torch_impl", rule)(rule), STYLE)
        first = Expression("model.parameters()")
        if VOCABULARY.home(call.function.__name__):
            first = Expression("list(model.parameters())")
        text = statement(call.with_args(first), VOCABULARY)
        return text.split("\n")

    def per_epoch(self) -> list[str]:
        return ["scheduler.step()"] if self.scheduled("epoch") else []

    def evaluation(self) -> list[str]:
        """Return what happens at an evaluation."""
        recipe = self.recipe
        every = recipe.evaluate_every or recipe.epochs
        if not self.watched:
            return []
        lines = []
        if every > 1:
            last = f"epoch + 1 < {recipe.epochs}"
            lines += [f"if (epoch + 1) % {every} and {last}:", "    continue"]
        part = self.watched
        names = "val_loss, val_accuracy" if self.accurate else "val_loss"
        lines.append(f"{names} = evaluate(x_{part}, y_{part})")
        for name in names.split(", "):
            lines.append(f'history["{name}"].append({name})')
        shown = ", ".join(f"{{{name}:.4f}}" for name in names.split(", "))
        lines.append(f'print(f"epoch {{epoch + 1}}: validation {shown}")')
        for rule in self.kept():
            lines += _patience(rule)
        if recipe.plateau:
            name = recipe.plateau.monitor.replace("validation", "val")
            lines.append(f"plateau.step({name})")
        return lines

    def kept(self) -> list[EarlyStopping]:
        """Return the rule that keeps the best weights, if there is one."""
        recipe = self.recipe
        if recipe.checkpoint:
            never = EarlyStopping(
                monitor=recipe.checkpoint,
                patience=recipe.epochs,
                counting="exceeds",
                restore_best=True,
            )
            return [never]
        return [recipe.early_stopping] if recipe.early_stopping else []

    def after(self) -> list[str]:
        """Return what happens after the last epoch."""
        if any(rule.restore_best for rule in self.kept()):
            return [
                'print(f"best epoch: {best_epoch}")',
                "model.load_state_dict(best_weights)",
            ]
        return []


def _rises(rule: EarlyStopping) -> bool:
    return rule.monitor.endswith("accuracy")


def _patience(rule: EarlyStopping) -> list[str]:
    """Return the code of early stopping at one evaluation."""
    name = rule.monitor.replace("validation", "val")
    sign, relation = ("-", ">") if _rises(rule) else ("+", "<")
    delta = f" {sign} {rule.min_delta}" if rule.min_delta else ""
    lines = [
        "waited += 1",
        f"if {name}{delta} {relation} best:",
        f"    best, best_epoch, waited = {name}, epoch + 1, 0",
    ]
    if rule.baseline is not None:
        lines[-1:] = [
            f"    best, best_epoch = {name}, epoch + 1",
            f"    if {name}{delta} {relation} {rule.baseline}:",
            "        waited = 0",
        ]
    if rule.restore_best:
        lines.append("    best_weights = copy.deepcopy(model.state_dict())")
    if rule.counting == "exceeds":
        lines += [f"elif waited > {rule.patience}:", "    break"]
    else:
        lines += [f"elif waited >= {max(rule.patience, 1)}:", "    break"]
    if rule.start_from_epoch:
        lines = [
            f"if epoch + 1 > {rule.start_from_epoch}:",
            *(f"    {line}" for line in lines),
        ]
    return lines


def evaluation_section(arm: Arm) -> Section:
    """Return the code that evaluates the trained network."""
    held = "test" if "test" in parts.suffixes(arm.data) else "train"
    names = f"{held}_loss, {held}_accuracy" if _right(arm) else f"{held}_loss"
    shown = ", ".join(f"{name} {{{name}:.6f}}" for name in names.split(", "))
    return section(
        "Evaluation",
        f"{names} = evaluate(x_{held}, y_{held})",
        f'print(f"{shown}")',
    )


def plot_section(arm: Arm, options: ScriptOptions) -> Section:
    """Return the code of the plot.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.
    """
    names = {"loss": "training"}
    if parts.evaluated(arm.data) and arm.recipe.evaluate_every == 1:
        names["val_loss"] = "validation"
    return section(
        "Plot", parts.plot_code(names, f"{options.experiment}, {arm.name}")
    )


def masked_classes(arm: Arm) -> list[type[nn.Module]]:
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
