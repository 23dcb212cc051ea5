"""Preprocessing, splits and evaluations of the users' files, compared."""

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.records import Batches, TrainingFound
from framework_parity.common.training.randomness import stream
from framework_parity.comparisons.compare.fields import place_of
from framework_parity.comparisons.compare.result import (
    Difference,
    PairResult,
    Place,
)
from framework_parity.comparisons.workers.worker import LABELS, WorkerPair

CLOSE = 1e-6
"""Preprocessed images and metrics that differ by less, relative to their
size, agree: libraries compute them in float32."""

SAMPLES, FRACTION = 50, 0.2

TRAINED = ("callbacks", "class_weight", "verbose")
"""Arguments of `fit` that are used in training steps, or change no number."""


def judge_functions(
    pair: WorkerPair,
    result: PairResult,
    found: dict[str, TrainingFound],
    batches: dict[str, Batches],
    seed: int,
) -> None:
    """Compare the functions that both files define.

    Args:
        pair: the workers, in which the models are open.
        result: gets the ratios and the causes.
        found: what both files have for training.
        batches: of each side; the first is used.
        seed: of what is drawn.
    """
    names = set.intersection(*(set(each.defined) for each in found.values()))
    place = {name: place_of(name, found) for name in names}
    if "preprocess" in names:
        _preprocess(pair, result, place["preprocess"], seed)
    if "split" in names:
        _split(pair, result, place["split"])
    if "evaluate" in names:
        _evaluate(pair, result, place["evaluate"], batches)
    if "fit_config" in names:
        _fit_config(pair, result, place["fit_config"])


def _preprocess(
    pair: WorkerPair, result: PairResult, place: Place, seed: int
) -> None:
    images = stream(seed, "compare", "images").integers(
        256, size=(4, 16, 16, 3)
    )
    made = pair.ask(
        "call_live",
        function="preprocessed",
        images=images.astype(np.uint8),
    )
    torch, keras = made["torch"], made["keras"]
    if torch.shape == keras.shape and np.allclose(torch, keras, CLOSE, CLOSE):
        result.rungs["preprocess"] = 0.0
        return
    result.rungs["preprocess"] = np.inf
    result.first_training = result.first_training or ("preprocess", place)
    words = [_affine(images, each) for each in (torch, keras)]
    if torch.shape != keras.shape:
        words = [f"makes the shape {each.shape}" for each in (torch, keras)]
    slug = "preprocessing"
    if all(words):
        orders = [word.partition(";")[2] for word in words if word]
        slug += "_channel_order" if orders[0] != orders[1] else "_scale"
    result.causes.append(
        Difference.of_training(
            slug,
            place,
            "; ".join(
                f"{LABELS[side]} {word or 'is no linear function of a pixel'}"
                for side, word in zip(LABELS, words, strict=True)
            ),
            "use the same preprocessing",
            part="function",
        )
    )


def _fit_config(pair: WorkerPair, result: PairResult, place: Place) -> None:
    values = pair.ask("call_live", function="fit_values")
    torch, keras = (
        {name: value for name, value in each.items() if name not in TRAINED}
        for each in values.values()
    )
    differing = sorted(
        name
        for name in torch.keys() | keras.keys()
        if torch.get(name) != keras.get(name)
    )
    result.rungs["fit_config"] = np.inf if differing else 0.0
    if not differing:
        return
    result.first_training = result.first_training or ("fit_config", place)
    result.causes += [
        Difference.of_training(
            f"fit_{name}",
            place,
            f"{name} is {torch.get(name, 'not given')!r} in PyTorch and "
            f"{keras.get(name, 'not given')!r} in Keras",
            "use the same value",
            part="function",
        )
        for name in differing
    ]


def _affine(images: Array, made: Array) -> str | None:
    """Return in words a preprocessing a x + b of each channel, or None."""
    if made.shape != images.shape:
        return None
    for order, name in (((0, 1, 2), "RGB"), ((2, 1, 0), "BGR")):
        terms = []
        for channel, source in enumerate(order):
            x = images[..., source].reshape(-1).astype(np.float64)
            y = made[..., channel].reshape(-1).astype(np.float64)
            rows = np.stack([x, np.ones_like(x)], axis=1)
            (a, b), *_ = np.linalg.lstsq(rows, y, rcond=None)
            if not np.allclose(rows @ [a, b], y, 1e-4, 1e-4):
                break
            terms.append(f"{a:.6g} x {b:+.6g}")
        else:
            unique = list(dict.fromkeys(terms))
            return f"computes {', '.join(unique)}; channels in order {name}"
    return None


def _split(pair: WorkerPair, result: PairResult, place: Place) -> None:
    parts = pair.ask(
        "call_live", function="split", n=SAMPLES, fraction=FRACTION
    )
    torch, keras = parts["torch"], parts["keras"]
    if torch == keras:
        result.rungs["split"] = 0.0
        return
    result.rungs["split"] = np.inf
    result.first_training = result.first_training or ("split", place)
    slug = (
        "split_order"
        if list(map(sorted, torch)) == list(map(sorted, keras))
        else "split"
    )
    result.causes.append(
        Difference.of_training(
            slug,
            place,
            f"of {SAMPLES} samples PyTorch puts {_described(torch)}, Keras "
            f"{_described(keras)}",
            "use the same samples in each part",
            part="function",
        )
    )


def _described(parts: list[list[int]]) -> str:
    """Return the last part of a split in words."""
    held = parts[-1]
    if held == list(range(SAMPLES - len(held), SAMPLES)):
        where = "the last"
    elif held == list(range(len(held))):
        where = "the first"
    else:
        where = "others"
    return f"{where} {len(held)} in the last part"


def _evaluate(
    pair: WorkerPair,
    result: PairResult,
    place: Place,
    batches: dict[str, Batches],
) -> None:
    values = _evaluations(pair, batches, forced=False)
    result.rungs["evaluate"] = _ratio(values)
    if result.rungs["evaluate"] == 0:
        return
    result.first_training = result.first_training or ("evaluate", place)
    forced = _evaluations(pair, batches, forced=True)
    sentence = f"PyTorch's evaluation is {values['torch']}, Keras's " + str(
        values["keras"]
    )
    if _ratio(forced) == 0:
        wrong = [
            LABELS[side]
            for side in values
            if _ratio({"torch": values[side], "keras": forced[side]})
        ]
        result.causes.append(
            Difference.of_training(
                "evaluation_mode",
                place,
                f"{sentence}; {' and '.join(wrong)} evaluates in training "
                "mode",
                "call eval(), or pass training=False",
                part="function",
            )
        )
        return
    result.not_decided.append(
        Difference.of_training(
            "evaluation",
            place,
            sentence,
            "compute the same metric",
            part="unread",
        )
    )


def _evaluations(
    pair: WorkerPair, batches: dict[str, Batches], *, forced: bool
) -> dict[str, dict[str, float]]:
    return pair.ask_each(
        "call_live",
        {
            side: {
                "function": "evaluated",
                "inputs": batch.inputs[0],
                "target": batch.targets[0],
                "forced": forced,
            }
            for side, batch in batches.items()
        },
    )


def _ratio(values: dict[str, dict[str, float]]) -> float:
    """Return 0 where two evaluations agree, else infinity."""
    torch, keras = (list(each.values()) for each in values.values())
    same = len(torch) == len(keras) and np.allclose(torch, keras, CLOSE, 0)
    return 0.0 if same else np.inf
