"""The training loop of a PyTorch script.

In Keras the loop is part of `fit`, so the file there is different.
"""

from framework_parity.common.codegen.calls import builder_for
from framework_parity.common.codegen.concise import concise
from framework_parity.common.codegen.printing import (
    Expression,
    statement,
)
from framework_parity.common.codegen.scripts import parts
from framework_parity.common.codegen.scripts.script import (
    ScriptOptions,
    Section,
    annotated,
    section,
)
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.recipe import EarlyStopping
from framework_parity.common.spec.schedules import Changing
from framework_parity.torch_impl.scripts.evaluation import (
    correct_code,
    evaluate_code,
    forward_code,
    penalty_code,
)
from framework_parity.torch_impl.scripts.model import masked_classes
from framework_parity.torch_impl.scripts.names import VOCABULARY, style
from framework_parity.torch_impl.scripts.optimizer import (
    optimizer_code,
    sets_rates,
)


def training_section(arm: Arm, options: ScriptOptions) -> Section:
    """Return the code of the optimiser and the training loop.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: the loop is written out; Keras's `fit` contains it.
    """
    lines = optimizer_code(arm, options)
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


class _Loop:
    """The code of the training loop of one arm."""

    def __init__(self, arm: Arm, options: ScriptOptions) -> None:
        self.arm, self.recipe, self.options = arm, arm.recipe, options
        self.accurate = bool(correct_code(arm))
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
        lines += forward_code(x, self.options, "")
        lines.append(f"loss = criterion(outputs, {y})")
        if rule and rule.reported:
            lines[-1] += " + penalty()"
        objective = "loss"
        if rule and not rule.reported:
            objective = "(loss + penalty())"
        if grouped and grouped.reduction == "mean":
            objective = f"({objective} / {grouped.batches})"
        clip = self.clip()
        update = [*clip, *self.rates(), "optimizer.step()"]
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

    def rates(self) -> list[str]:
        """Return how the groups get their rates, if no scheduler does it."""
        if not sets_rates(self.recipe):
            return []
        return [
            "# The bounds of a scheduler are the same for all groups.",
            "base, *others = optimizer.param_groups",
            "for group in others:",
            '    group["lr"] = base["lr"] * group["lr_factor"]',
        ]

    def scheduled(self, unit: str) -> bool:
        """Whether the schedule counts steps, or epochs."""
        schedule = self.recipe.schedule
        return isinstance(schedule, Changing) and schedule.per == unit

    def clip(self) -> list[str]:
        rule = self.recipe.clipping
        if rule is None:
            return []
        call = concise(
            builder_for("torch_impl", rule)(rule), style(self.options)
        )
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
