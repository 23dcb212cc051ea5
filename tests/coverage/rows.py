"""The jobs of the page: the cases, the conventions, and what both lack."""

from functools import cache
from typing import Any

from framework_parity.common.choices import Dtype
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.conventions import Convention
from framework_parity.common.spec.load import parse
from tests.cases import CASES, MLP, arm
from tests.common.written import IMAGES, TABLE
from tests.coverage.elements import CONVENTION_VALUES, covered, kinds
from tests.examples import dense, example, watched
from tests.ladder_jobs import Job

STEPS_LONG = 500

# In bfloat16 most trainings are chaotic soon after.
STEPS_SHORT = 20


def initialized(written: Any) -> Arm:
    """Return a network with this initialiser for its kernels."""
    return arm(
        [{"dense": {"units": 6, "kernel_initializer": written}}, *MLP[1:]]
    )


def on(source: Any, loss: str, units: int, *first: Any, **data: Any) -> Arm:
    """Return a small network on a data set, with some layers before it."""
    written = {
        "name": "example",
        "dialect": "keras",
        "data": {"test": 0.0, "validation": 0.25, **source, **data},
        "recipe": {"loss": loss, "optimizer": {"sgd": 0.05}, "epochs": 1},
        "arms": {
            "example": [*first, "flatten", MLP[0], "tanh", {"dense": units}]
        },
    }
    return parse(written).arm("example")


def scheduled(kind: str, **fields: Any) -> Arm:
    """Return a network with a schedule that changes the rate each epoch."""
    return arm(MLP, schedule={kind: {**fields, "per": "epoch"}})


def pooled(kind: str) -> Arm:
    """Return a network with a pool whose stride is its window's size."""
    return arm([{kind: 2}, "flatten", {"dense": 3}], (4, 5, 3))


# The fields of each schedule that is counted in epochs.
PER_EPOCH: dict[str, dict[str, Any]] = {
    "step_decay": {"every": 3, "by": 0.7},
    "multi_step": {"at": [2, 5], "by": 0.5},
    "natural_exponential": {"k": 0.01},
    "inverse_time": {"k": 0.1},
    "polynomial_decay": {"steps": 90, "end": 0.01},
    "cosine": {"steps": 90, "final": 0.1},
    "cosine_restarts": {"first": 20, "final": 0.1},
    "warmup_cosine": {"warmup": 5, "steps": 90, "final": 0.1},
    "one_cycle": {"steps": 170},
}

# The kinds and choices that no case of `tests.cases` holds.
MORE: dict[str, Arm] = {
    **{
        f"initializer-{name}": initialized(written)
        for name, written in {
            "ones": "ones",
            "constant": {"constant": 0.1},
            "lecun_uniform": "lecun_uniform",
            "orthogonal": "orthogonal",
            "orthogonal-gain": {"orthogonal": {"gain": 1.5}},
        }.items()
    },
    **{f"{kind}-plain": pooled(kind) for kind in ("max_pool", "average_pool")},
    **{
        f"{kind}-per_epoch": scheduled(kind, **fields)
        for kind, fields in PER_EPOCH.items()
    },
    "digits": on({"digits": {"samples": 200}}, "cross_entropy", 10),
    "spiral": on({"spiral": {"samples": 120}}, "cross_entropy", 3),
    "archimedean_spiral": on(
        {"archimedean_spiral": {"samples": 120}}, "cross_entropy", 3
    ),
    "moons_circles": on(
        {"moons_circles": {"samples": 60}}, "cross_entropy", 4
    ),
    "polynomial": on({"polynomial": {"samples": 60}}, "mean_squared_error", 1),
    "sine": on({"sine": {"samples": 60}}, "mean_squared_error", 1),
    "linear": on(
        {"linear": {"samples": 60, "test_samples": 20}},
        "mean_squared_error",
        1,
    ),
    "adding_problem": on(
        {"adding_problem": {"steps": 6, "samples": 60}},
        "mean_squared_error",
        1,
    ),
    **{
        source: on(
            {source: {"steps": steps, "samples": 60}},
            "cross_entropy",
            2,
            {"embedding": {"vocabulary": 25, "size": 3}},
        )
        for source, steps in (
            ("first_token", 6),
            ("token_majority", 6),
            ("token_order", 6),
            ("embedded_reber", 14),
        )
    },
    "validation-test": on(
        {"linear": {"samples": 60, "test_samples": 20}},
        "mean_squared_error",
        1,
        validation="test",
    ),
    "points": on(
        {
            "points": {
                "x": [[0, 0], [0, 1], [1, 0], [1, 1]] * 8,
                "y": [0, 1, 1, 0] * 8,
                "classes": 2,
            }
        },
        "binary_cross_entropy",
        1,
    ),
    "table": on(
        {"table": {"file": str(TABLE), "classes": 3}},
        "cross_entropy",
        3,
        split="random",
    ),
    "xor": on({"xor": {"copies": 8, "noise": 0.1}}, "binary_cross_entropy", 1),
    **{
        f"scaling-{scaling}": on(
            {"digits": {"samples": 200}}, "cross_entropy", 10, scaling=scaling
        )
        for scaling in ("none", "standardize", "min_max", "symmetric")
    },
    **{
        f"split-{split}": on(
            {"digits": {"samples": 200}}, "cross_entropy", 10, split=split
        )
        for split in ("stratified", "random", "last", "first")
    },
    **{
        f"target_scaling-{scaling}": on(
            {"sine": {"samples": 120}},
            "mean_squared_error",
            1,
            target_scaling=scaling,
        )
        for scaling in ("none", "standardize", "min_max", "symmetric")
    },
    **{
        f"channels-{channels}": on(
            {
                "table": {
                    "file": str(IMAGES),
                    "classes": 2,
                    "channels": channels,
                }
            },
            "cross_entropy",
            2,
        )
        for channels in ("first", "last")
    },
    "sine-grid": on(
        {"sine": {"samples": 60, "frequency": 3.0, "placement": "grid"}},
        "mean_squared_error",
        1,
    ),
    "evaluation_mode-training": watched(
        [
            {"dense": {"units": 6, "bias": False}},
            "batch_norm",
            "tanh",
            {"dropout": 0.3},
            {"dense": 3},
        ],
        evaluation_mode="training",
    ),
    "last_batch-drop": arm(MLP, batch_size=20, last_batch="drop"),
    "last_batch-keep": arm(MLP, batch_size=20, last_batch="keep"),
    "shuffle-never": arm(MLP, shuffle="never"),
    **{
        f"checkpoint-{monitor}": watched(MLP, checkpoint=monitor)
        for monitor in ("validation_loss", "validation_accuracy")
    },
    **{
        f"early_stopping-{name}": watched(MLP, early_stopping=fields)
        for name, fields in {
            "restore_best": {"patience": 20, "restore_best": True},
            "accuracy": {"patience": 20, "monitor": "validation_accuracy"},
            "baseline": {"patience": 40, "baseline": 1.0},
        }.items()
    },
    "plateau-accuracy": watched(
        MLP, plateau={"patience": 10, "monitor": "validation_accuracy"}
    ),
}

# Conventions without an arm in `example`: they change what is reported, and
# no weight.
REPORTED = {
    "penalty_reported": lambda value: arm(
        dense(), penalty={"l2": 0.1, "reported": value}
    )
}


def convention_arm(row: Convention, value: Any) -> Arm:
    """Return the example in which a convention's field has a value."""
    if row.name in REPORTED:
        return REPORTED[row.name](value)
    return example(row, value)


@cache
def case_jobs() -> list[Job]:
    """Return every case of `tests.cases` and of `MORE`."""
    arms = {case.id: case.arm for case in CASES} | MORE
    return [
        Job(name, network, steps=STEPS_LONG, emits=True)
        for name, network in arms.items()
    ]


PRECISIONS: tuple[Dtype, ...] = ("float32", "bfloat16")


@cache
def precision_jobs() -> dict[Dtype, list[Job]]:
    """Return jobs in each precision besides float64, for every kind.

    The cases are chosen greedily: each is the one that covers most of the
    kinds still missing.
    """
    chosen: list[Job] = []
    missing = {kind.cls for kind in kinds()}
    jobs = (*case_jobs(), *convention_jobs().values())
    holds = {job.key: (job, covered(job.arm) & missing) for job in jobs}
    while missing:
        job, held = max(holds.values(), key=lambda at: len(at[1] & missing))
        if not held & missing:
            names = sorted(cls.__name__ for cls in missing)
            raise LookupError(f"no case holds {', '.join(names)}")
        chosen.append(job)
        missing -= held
    return {
        dtype: [
            Job(job.name, job.arm, steps=STEPS_SHORT, dtype=dtype)
            for job in chosen
        ]
        for dtype in PRECISIONS
    }


@cache
def convention_jobs() -> dict[tuple[str, str], Job]:
    """Return both values of every convention, by its name and a dialect."""
    return {
        (row.name, dialect): Job(
            f"{row.field} = {value}",
            convention_arm(row, value),
            steps=STEPS_LONG,
            emits=True,
        )
        for row, dialect, value in CONVENTION_VALUES
    }
