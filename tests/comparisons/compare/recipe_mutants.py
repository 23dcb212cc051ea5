"""Mistakes planted in the training of sound pairs, in source form.

Two lists: every row of the table of conventions that training code can have,
and the mutation operators of DeepCrime (Humbatova, Jahangirova and Tonella,
2021), which are drawn from reported faults. The rows and operators that
concern only the model are among those of `mutants.py`.

`python -m tests.comparisons.compare.recipe_mutants` runs all of them, and
prints those whose first rung or cause is not the planted one.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from framework_parity.comparisons.compare.result import PairResult
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.comparisons.compare.recipe_pairs import (
    CE_T,
    CLASSIFIER,
    MODEL_K,
    MODEL_T,
    NORM,
    OPTIMIZERS,
    SCHEDULES,
    STEP_T,
    VALUE,
    WITH_FUNCTIONS,
    Edit,
    Pair,
    clipped,
    compared,
    optimized,
    regression,
    scheduled,
    sound,
)


@dataclass(frozen=True)
class Mutant:
    """One mistake.

    Attributes:
        name: the sound pair and the mistake.
        source: the row of the table of conventions, or the operator of
            DeepCrime.
        pair: with the mistake.
        rungs: the first rung is one of these.
        causes: the slugs of which one names it; empty where it has only to
            be caught.
        listed: it is no cause, since each framework's own draws are
            replaced; it is in this part of the result.
    """

    name: str
    source: str
    pair: Pair
    rungs: tuple[str, ...]
    causes: tuple[str, ...]
    listed: str = ""


def mutants() -> Iterator[Mutant]:
    """Yield every mutant of both lists."""
    yield from _of_optimizers()
    yield from _of_schedules()
    yield from _of_losses()
    yield from _of_clipping()
    yield from _of_layers()
    yield from _of_draws()
    yield from _of_functions()


def _of_optimizers() -> Iterator[Mutant]:
    for name, (torch, keras, edits) in OPTIMIZERS.items():
        for side, edit, causes in edits:
            calls = {"torch": torch, "keras": keras}
            calls[side] = calls[side].replace(*edit, 1)
            source = causes.split()[0]
            deepcrime = {
                "learning_rate": "HLR change of the learning rate",
                "optimizer_replaced": "OCH other optimiser",
            }
            yield Mutant(
                f"{name}, {side}: {edit[0]} -> {edit[1]}",
                deepcrime.get(source, source),
                optimized(**calls),
                ("step", "trajectory"),
                tuple(causes.split()),
            )


def _of_schedules() -> Iterator[Mutant]:
    for name, (torch, keras, edits) in SCHEDULES.items():
        for side, edit in edits:
            calls = {"torch": torch, "keras": keras}
            calls[side] = calls[side].replace(*edit, 1)
            yield Mutant(
                f"{name}, {side}: {edit[0]} -> {edit[1]}",
                name,
                scheduled(**calls),
                ("trajectory",),
                ("learning_rate_schedule",),
            )


def _of_losses() -> Iterator[Mutant]:
    changes = [
        (
            "F.mse_loss(pred, target, reduction='sum')",
            "MeanSquaredError()",
            "mean_squared_error_reduction",
        ),
        (
            "F.mse_loss(pred, target)",
            "MeanSquaredError(reduction='sum')",
            "mean_squared_error_reduction",
        ),
        ("F.l1_loss(pred, target)", "MeanSquaredError()", "loss_replaced"),
        ("F.mse_loss(pred, target)", "Huber()", "loss_replaced"),
        ("F.huber_loss(pred, target, delta=0.2)", "Huber()", "huber_delta"),
        (
            "F.smooth_l1_loss(pred, target, beta=0.5)",
            "Huber(delta=0.5)",
            "huber_divisor",
        ),
    ]
    for torch, keras, cause in changes:
        yield Mutant(
            f"{torch} and {keras}",
            "LCH other loss",
            regression(torch, keras),
            ("loss",),
            (cause,),
        )
    smooth = "label_smoothing=0.1"
    # A softmax in Keras before a cross-entropy of logits is no mutant: the
    # loss finds its inputs and uses those.
    sides: list[tuple[str, Pair, str]] = [
        (
            "label smoothing, torch",
            CLASSIFIER.edited([(CE_T, CE_T[:-1] + f", {smooth})")], []),
            "cross_entropy_label_smoothing",
        ),
        (
            "sum, torch",
            CLASSIFIER.edited([(CE_T, CE_T[:-1] + ", reduction='sum')")], []),
            "cross_entropy_reduction",
        ),
        (
            "sum, keras",
            CLASSIFIER.edited([], [("=True)(", "=True, reduction='sum')(")]),
            "cross_entropy_reduction",
        ),
        (
            "probabilities expected, keras",
            CLASSIFIER.edited([], [("from_logits=True", "")]),
            "cross_entropy_input",
        ),
        (
            "softmax twice, torch",
            CLASSIFIER.edited(
                [("(y.mean((2, 3))))", "(y.mean((2, 3)))).softmax(1)")], []
            ),
            "missing_in_keras",
        ),
    ]
    for name, pair, cause in sides:
        yield Mutant(
            name, "LCH other loss", pair, ("loss", "forward"), (cause,)
        )


def _of_clipping() -> Iterator[Mutant]:
    operator = "OCG change of gradient clipping"
    norms = [
        (NORM, "", "gradient_clipping"),
        (NORM, "clipnorm=0.05", "gradient_clipping"),
        (NORM, "clipvalue=0.05", "gradient_clipping"),
        (VALUE, "", "gradient_clipping"),
        ("", "global_clipnorm=0.05", "gradient_clipping"),
        (NORM, "global_clipnorm=0.02", "clipping_limit"),
        (VALUE, "clipvalue=0.02", "clipping_limit"),
    ]
    for torch, keras, cause in norms:
        yield Mutant(
            f"{torch or 'no clipping'} and {keras or 'no clipping'}",
            operator,
            clipped(torch, keras),
            ("step",),
            (cause,),
        )


def _of_layers() -> Iterator[Mutant]:
    changes: list[tuple[str, list[Edit], list[Edit], str, str]] = [
        (
            "RCD change of the dropout rate",
            [("(0.3)", "(0.5)")],
            [],
            "dropout_rate",
            "loss",
        ),
        (
            "RCD change of the dropout rate",
            [],
            [("(0.3)", "(0.7)")],
            "dropout_rate",
            "loss",
        ),
        (
            "RCD dropout removed",
            [("self.drop(y.mean((2, 3)))", "y.mean((2, 3))")],
            [],
            "missing_in_torch",
            "loss",
        ),
        (
            "RCD dropout removed",
            [],
            [("layers.Dropout(0.3),", "")],
            "missing_in_keras",
            "loss",
        ),
        (
            "batch_norm_running_decay",
            [(", momentum=0.1", ", momentum=0.9")],
            [],
            "batch_norm_running_decay",
            "step",
        ),
        (
            "batch_norm_running_decay",
            [],
            [("momentum=0.9", "")],
            "batch_norm_running_decay",
            "step",
        ),
        (
            "batch_norm_epsilon",
            [("eps=1e-3, ", "")],
            [],
            "batch_norm_epsilon",
            "forward",
        ),
        (
            "batch_norm_epsilon",
            [],
            [("momentum=0.9", "momentum=0.9, epsilon=1e-5")],
            "batch_norm_epsilon",
            "forward",
        ),
        (
            "ARM activation removed",
            [("F.relu(self.norm(self.conv(x)))", "self.norm(self.conv(x))")],
            [],
            "missing_in_torch",
            "forward",
        ),
        (
            "ARM activation removed",
            [],
            [("layers.ReLU(),", "")],
            "missing_in_keras",
            "forward",
        ),
        (
            "AAL activation added",
            [
                ("self.head(self.drop", "torch.tanh(self.head(self.drop"),
                ("3))))", "3)))))"),
            ],
            [],
            "missing_in_keras",
            "forward",
        ),
        (
            "AAL activation added",
            [],
            [("Dense(3)", "Dense(3, 'tanh')")],
            "missing_in_torch",
            "forward",
        ),
        (
            "ACH other activation",
            [("F.relu", "F.elu")],
            [],
            "activation_replaced",
            "forward",
        ),
        (
            "ACH other activation",
            [],
            [("layers.ReLU()", "layers.Activation('gelu')")],
            "activation_replaced",
            "forward",
        ),
        (
            "WRB bias removed",
            [],
            [('"same"', '"same", use_bias=False')],
            "conv2d_bias_missing conv2d_bias",
            "forward",
        ),
        (
            "WRB bias removed",
            [("padding=1", "padding=1, bias=False")],
            [],
            "conv2d_bias_missing conv2d_bias",
            "forward",
        ),
        (
            "WRB bias removed",
            [("(4, 3)\n", "(4, 3, bias=False)\n")],
            [],
            "dense_bias_missing dense_bias",
            "forward",
        ),
        (
            "RAW penalty added",
            [],
            [('"same"', '"same", kernel_regularizer="l2"')],
            "weight_penalty",
            "step",
        ),
        (
            "RAW penalty added",
            [],
            [("Dense(3)", "Dense(3, kernel_regularizer='l1')")],
            "weight_penalty",
            "step",
        ),
        (
            "RAW penalty added",
            [("lr=0.1", "lr=0.1, weight_decay=0.02")],
            [],
            "sgd_weight_decay sgd_decay",
            "step",
        ),
        (
            "frozen weights",
            [
                (
                    "        self.drop =",
                    (
                        "        self.conv.weight.requires_grad = False\n"
                        "        self.drop ="
                    ),
                )
            ],
            [],
            "frozen_weights",
            "gradient",
        ),
        (
            "frozen weights",
            [],
            [('"same"', '"same", trainable=False')],
            "frozen_weights",
            "gradient",
        ),
    ]
    for source, torch, keras, causes, rung in changes:
        side = "torch" if torch else "keras"
        old, new = (torch or keras)[0]
        yield Mutant(
            f"{source}, {side}: {old.strip()} -> {new.strip()}",
            source,
            CLASSIFIER.edited(torch, keras),
            (rung, "structure"),
            tuple(causes.split()),
        )
    decayed = CLASSIFIER.edited(
        [("lr=0.1", "lr=0.1, weight_decay=0.02")],
        [
            ('"same"', '"same", kernel_regularizer=R, bias_regularizer=R'),
            (
                "Dense(3)",
                (
                    "Dense(3, None, True, kernel_regularizer=R, "
                    "bias_regularizer=R)"
                ),
            ),
            (
                "momentum=0.9",
                "momentum=0.9, gamma_regularizer=R, beta_regularizer=R",
            ),
        ],
    )
    for factor, name in (
        ("0.01", ""),
        ("0.02", "penalty_form"),
        ("0.03", "RCW change of the penalty"),
    ):
        if name:
            text = decayed.keras.replace(
                "\n\ndef net",
                f"\nR = keras.regularizers.L2({factor})\n\n\ndef net",
                1,
            )
            yield Mutant(
                f"{name}: {factor}",
                name,
                Pair(decayed.torch, text),
                ("step",),
                ("weight_penalty_factor",),
            )


def _of_draws() -> Iterator[Mutant]:
    changes: list[tuple[list[Edit], list[Edit], str]] = [
        (
            [],
            [('"same"', '"same", kernel_initializer="he_normal"')],
            "conv2d_kernel_initializer",
        ),
        (
            [],
            [("Dense(3)", "Dense(3, kernel_initializer='zeros')")],
            "dense_kernel_initializer",
        ),
        (
            [
                (
                    "        self.drop =",
                    (
                        "        nn.init.ones_(self.conv.bias)\n"
                        "        self.drop ="
                    ),
                )
            ],
            [],
            "conv2d_bias_initializer",
        ),
    ]
    for torch, keras, slug in changes:
        yield Mutant(
            f"WCI other initial weights: {slug}",
            "WCI other initial weights",
            CLASSIFIER.edited(torch, keras),
            (),
            (slug,),
            "draws",
        )


def _of_functions() -> Iterator[Mutant]:
    changes: list[tuple[str, str, Edit, str, str]] = [
        (
            "HBS batch size",
            "torch",
            ("size=32", "size=64"),
            "fit_batch_size",
            "fit_config",
        ),
        (
            "HBS batch size",
            "keras",
            ("        batch_size=32,\n", ""),
            "fit_batch_size",
            "fit_config",
        ),
        (
            "HNE number of epochs",
            "keras",
            ("epochs=10", "epochs=5"),
            "fit_epochs",
            "fit_config",
        ),
        (
            "HDB no batches",
            "torch",
            ("size=32", "size=None"),
            "fit_batch_size",
            "fit_config",
        ),
        (
            "RCP patience",
            "keras",
            ("patience=3", "patience=30"),
            "fit_patience",
            "fit_config",
        ),
        (
            "VRM no validation",
            "keras",
            ("        validation_split=0.2,\n", ""),
            "fit_validation_split",
            "fit_config",
        ),
        (
            "shuffle",
            "torch",
            ("shuffle=True", "shuffle=False"),
            "fit_shuffle",
            "fit_config",
        ),
        (
            "TRD fewer training samples",
            "torch",
            ("return range(n - held)", "return range(n // 2)"),
            "split",
            "split",
        ),
        (
            "TUD unbalanced classes",
            "keras",
            ("np.arange(n)[:-held],", "np.arange(n)[:-held:2],"),
            "split",
            "split",
        ),
        (
            "TAN noise in the data",
            "keras",
            (
                "x = images / 255",
                "x = images / 255 + np.random.normal(0, 1, images.shape)",
            ),
            "preprocessing",
            "preprocess",
        ),
        (
            "TAN noise in the data",
            "torch",
            ("/ 255", "/ 255 + torch.randn(1)"),
            "preprocessing preprocessing_scale",
            "preprocess",
        ),
        (
            "scale of the inputs",
            "torch",
            ("/ 255", "/ 127.5 - 1"),
            "preprocessing_scale",
            "preprocess",
        ),
        (
            "order of the channels",
            "keras",
            ("images / 255", "images[..., ::-1] / 255"),
            "preprocessing_channel_order",
            "preprocess",
        ),
        (
            "evaluation in training mode",
            "torch",
            ("    model.eval()\n", ""),
            "evaluation_mode",
            "evaluate",
        ),
        (
            "evaluation in training mode",
            "keras",
            ("model(x), y)}", "model(x, training=True), y)}"),
            "evaluation_mode",
            "evaluate",
        ),
    ]
    for source, side, edit, causes, rung in changes:
        edits: dict[str, list[Edit]] = {"torch": [], "keras": []}
        edits[side] = [edit]
        yield Mutant(
            f"{source}, {side}: {edit[0].strip()} -> {edit[1].strip()}",
            source,
            WITH_FUNCTIONS.edited(**edits),
            (rung,),
            tuple(causes.split()),
        )
    labels = "\n\ndef train_step(model, optimizer, x, y):\n" + (
        STEP_T.split("\n", 3)[3]
        .replace("    CLIP\n", "")
        .replace("y)\n", "(y + 1) % 3)\n", 1)
    )
    yield Mutant(
        "TCL other labels, torch",
        "TCL other labels",
        Pair(MODEL_T + labels, MODEL_K),
        ("step",),
        (),
    )


def judged(mutant: Mutant, result: PairResult) -> tuple[bool, bool, bool]:
    """Return whether it is caught, its first rung right, its cause named."""
    if mutant.listed:
        slugs = {each.slug for each in getattr(result, mutant.listed)}
        listed = bool(slugs & set(mutant.causes))
        return listed, listed, listed
    caught = result.verdict == "disagree"
    first = result.first_training
    rung = "forward" if result.outputs > 10 else first and first[0]
    slugs = {each.slug for each in result.causes}
    named = not mutant.causes or bool(slugs & set(mutant.causes))
    return caught, rung in mutant.rungs, named and caught


def main() -> int:
    """Run all, and print what is not as planted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    counts = {"mutants": 0, "caught": 0, "first rung": 0, "named": 0}
    alarms = 0
    with WorkerPair() as pair, tempfile.TemporaryDirectory() as folder:
        for name, files in sound():
            if options.only not in name:
                continue
            result = compared(pair, Path(folder), files)
            if result.verdict != "agree":
                alarms += 1
                slugs = [each.slug for each in result.causes]
                print(f"alarm: {name}: {result.rungs} {slugs}", flush=True)
        for mutant in mutants():
            if options.only not in mutant.name:
                continue
            result = compared(pair, Path(folder), mutant.pair)
            outcome = judged(mutant, result)
            counts["mutants"] += 1
            for key, value in zip(list(counts)[1:], outcome, strict=True):
                counts[key] += value
            if not all(outcome):
                slugs = [each.slug for each in result.causes]
                rest = [each.slug for each in result.not_decided]
                print(
                    f"{mutant.name}: {outcome}; first "
                    f"{result.first_training}, {result.outputs:.3g}; causes "
                    f"{slugs}, not decided {rest}",
                    flush=True,
                )
    print(counts, "false alarms:", alarms)
    return int(counts["caught"] < counts["mutants"] or alarms > 0)


if __name__ == "__main__":
    sys.exit(main())
