"""The rung of initial weights: what each framework draws by itself.

Every other rung starts both from the same numbers, so an initialiser that is
misread shows nowhere but here. Each framework builds the network under many
seeds; each tensor's values, of all seeds together, are held to draws from
the specification. A constant has to be met exactly. For all else three tests
ask whether the two samples can be one distribution's, none of which needs to
know which:

    body    the two-sample Kolmogorov-Smirnov test
    ends    of n + m values in a row, the k largest (or smallest) are all of
            one sample: Π (m - i)/(n + m - i), i < k, for k of the m;
            likewise of the distances from the median of them all

The second sees at once that a normal is cut, or is not, where the first
would want tens of thousands of values. Its p is exact where the values of a
tensor are independent; an orthogonal kernel's columns have a length that is
given, which makes both tests say "different" more seldom still.
"""

import math
from dataclasses import dataclass

import numpy as np

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.counted import counted
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.two_sided.arms import TwoArms, sides_of
from framework_parity.common.training.randomness import stream
from framework_parity.common.training.record import Weights
from framework_parity.comparisons.ladder.thresholds import (
    DRAWN,
    FEWEST_DRAWS,
    MISTAKEN,
    MOST_DRAWS,
    MOST_VALUES,
    TIMES_DRAWN,
)
from framework_parity.comparisons.ladder.verdict import Verdict
from framework_parity.comparisons.workers.pool import (
    LABELS,
    Progress,
    WorkerPair,
)

# The body, and each sample beyond the other: above, below, and at both ends.
TESTS = 7


@dataclass(frozen=True)
class Oddity:
    """A tensor that is not drawn as the specification says.

    Attributes:
        p: how likely this would be if it were.
        sentence: what was found, in words.
    """

    p: float
    sentence: str


def draws(
    pair: WorkerPair,
    arm: Arm | TwoArms,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, list[Weights]]:
    """Let each framework draw initial weights under many seeds.

    Args:
        pair: the two workers.
        arm: whose weights; of two sides, each draws its own.
        seed: the first of them.
        progress: called with the backend, the seeds done and in all.
    """
    sizes = [
        math.prod(shape)
        for own in sides_of(arm).values()
        for name, shape in own.tensors.items()
        if np.ptp(_from_spec(own, name, FEWEST_DRAWS, seed)) > 0
    ]
    smallest = min(sizes, default=DRAWN)
    count = min(max(-(-DRAWN // smallest), FEWEST_DRAWS), MOST_DRAWS)
    seeds = tuple(range(seed, seed + count))
    return pair.ask("draw", progress, arm=arm, seeds=seeds)


def judge_draws(
    arm: Arm | TwoArms, found: dict[str, list[Weights]], seed: int = 0
) -> Verdict:
    """Hold what was drawn to the specification, tensor by tensor.

    Args:
        arm: whose initialisers say what is drawn; of two sides, each
            framework is held to its own.
        found: by framework, one set of weights for each seed.
        seed: of the draws that they are held to.
    """
    sides = {backend: sides_of(arm)[backend] for backend in found}
    asked = [
        (name, backend)
        for backend, own in sides.items()
        for name in own.tensors
    ]
    order = {name: n for n, name in enumerate(dict(asked))}
    level = MISTAKEN / (TESTS * max(len(asked), 1))
    least = 1.0
    for name, backend in sorted(asked, key=lambda each: order[each[0]]):
        own = sides[backend]
        values = np.concatenate([w[name].ravel() for w in found[backend]])
        odd = examine(values, _from_spec(own, name, len(values), seed))
        least = min(least, odd.p)
        if odd.p < level:
            said = f"{LABELS[backend]}'s own {name} {odd.sentence}"
            return _verdict(
                own,
                f"{said}, which says {_said(own, name)}",
                name,
                backend,
            )
    runs = len(next(iter(found.values())))
    return _verdict(
        arm,
        f"{counted(len(order), 'tensor')}, drawn under "
        f"{counted(runs, 'seed')}, "
        f"{'follows' if len(order) == 1 else 'follow'} the "
        f"specification (smallest p {least:.2g}, limit {level:.1g})",
    )


def _verdict(
    arm: Arm | TwoArms,
    sentence: str,
    where: str | None = None,
    suspect: str | None = None,
) -> Verdict:
    return Verdict(
        rung="initial",
        arm=arm.name,
        given="disagree" if where else "agree",
        worst_ratio=math.nan,
        where=where,
        suspect=suspect,
        sentence=sentence,
    )


def examine(values: Array, expected: Array) -> Oddity:
    """Return how odd a framework's values are beside the specification's."""
    if np.ptp(expected) == 0:
        constant = expected[0].astype(values.dtype)
        odd = int(np.sum(values != constant))
        said = f"is not {constant:.6g} in {odd:,} of "
        said += counted(len(values), "number")
        return Oddity(0.0 if odd else 1.0, f"{said}, as in the specification")
    from scipy.stats import ks_2samp

    values = values[:MOST_VALUES]
    if not np.isfinite(values).all():
        return Oddity(0.0, "is not all numbers, as in the specification")
    # SciPy's exact p overflows where both samples are large.
    body = ks_2samp(values, expected, method="asymp").pvalue
    middle = np.median(np.concatenate([values, expected]))
    sides = [
        (values, expected),
        (-values, -expected),
        (abs(values - middle), abs(expected - middle)),
    ]
    ends = min(
        min(_beyond(ours, theirs), _beyond(theirs, ours))
        for ours, theirs in sides
    )
    p = min(float(body), ends)
    seen, wanted = (
        f"{np.mean(x):.3g} ± {np.std(x):.3g} within "
        f"[{np.min(x):.3g}, {np.max(x):.3g}]"
        for x in (values, expected)
    )
    return Oddity(
        p,
        f"is {seen} in {len(values):,} draws, and not {wanted} as from the "
        f"specification (p = {p:.2g})",
    )


def _beyond(ours: Array, theirs: Array) -> float:
    """Return the chance that so many of ours exceed all of theirs."""
    count = int(np.sum(ours > theirs.max()))
    i = np.arange(count)
    n, m = len(ours), len(theirs)
    return float(np.exp(np.sum(np.log(n - i) - np.log(n + m - i))))


def _from_spec(arm: Arm, name: str, size: int, seed: int) -> Array:
    """Return values of one tensor as the specification draws them."""
    place, own = next(
        (place, own)
        for place in arm.all_nodes
        for full in place.parameters | place.state
        if full == name
        for own in [name.rpartition("/")[2]]
    )
    rng = stream(seed, "initial", name)
    once = math.prod(arm.tensors[name])
    times = -(-TIMES_DRAWN * min(size, MOST_VALUES) // once)
    shape = place.input_shape
    drawn = [place.layer.draw(own, rng, shape).ravel() for _ in range(times)]
    return np.concatenate(drawn)


def _said(arm: Arm, name: str) -> str:
    """Return the initialiser of a tensor, as it is written."""
    stands, _, own = name.rpartition("/")
    place = next(p for p in arm.all_nodes if p.name == stands)
    said = getattr(place.layer, f"{own}_initializer", None)
    if said is None:
        return str(place.layer.model_dump())
    return str(said.model_dump())
