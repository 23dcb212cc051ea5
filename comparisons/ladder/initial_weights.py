"""The rung of initial weights: the values that each framework draws.

All other rungs start both frameworks from the same values, so only this rung
can show a wrong initialiser. Each framework builds the network under many
seeds, and the values of each tensor, of all seeds together, are compared
with draws from the specification. A constant has to be equal. For all other
initialisers, nonparametric tests decide whether the two samples can come
from one distribution:

    body    the two-sample Kolmogorov-Smirnov test
    ends    among n + m sorted values, the k largest (or smallest) are all
            of one sample: Π (m - i)/(n + m - i), i < k, for k of the m;
            also for the distances from the median of all values

The second test detects a truncated normal with few values, where the first
would need tens of thousands. Its p-value is exact where the values of a
tensor are independent; the columns of an orthogonal kernel have a fixed
norm, which makes both tests conservative.
"""

import math
from dataclasses import dataclass

import numpy as np

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.counted import counted
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.two_sided.arms import TwoArms, sides_of
from framework_parity.common.training.randomness import stream
from framework_parity.common.training.record import Tensors
from framework_parity.comparisons.ladder.thresholds import (
    ALPHA_INITIAL,
    DRAWN,
    FEWEST_DRAWS,
    MOST_DRAWS,
    MOST_VALUES,
    TIMES_DRAWN,
)
from framework_parity.comparisons.ladder.verdict import Verdict
from framework_parity.comparisons.workers.worker import (
    LABELS,
    Progress,
    WorkerPair,
)

# One test of the body, and two (one for each sample) of the upper end, the
# lower end and both ends.
TESTS = 7


@dataclass(frozen=True)
class Oddity:
    """The deviation of a tensor's values from the specification.

    Attributes:
        p: p-value of the hypothesis that they follow the specification.
        sentence: the result in words.
    """

    p: float
    sentence: str


def draws(
    pair: WorkerPair,
    arm: Arm | TwoArms,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, list[Tensors]]:
    """Draw initial weights in each framework under many seeds.

    Args:
        pair: the two workers.
        arm: the arm to initialise; where it has two sides, each framework
            draws its own.
        seed: the first seed.
        progress: called with the backend, the seeds done and the total.

    Returns:
        By backend, one set of weights for each seed.

    Raises:
        WorkerError: if a framework fails.
    """
    sizes = [
        math.prod(shape)
        for side in sides_of(arm).values()
        for name, shape in side.tensors.items()
        if np.ptp(_from_spec(side, name, FEWEST_DRAWS, seed)) > 0
    ]
    smallest = min(sizes, default=DRAWN)
    count = min(max(-(-DRAWN // smallest), FEWEST_DRAWS), MOST_DRAWS)
    seeds = tuple(range(seed, seed + count))
    return pair.ask("draw", progress, arm=arm, seeds=seeds)


def judge_draws(
    arm: Arm | TwoArms, drawn: dict[str, list[Tensors]], seed: int = 0
) -> Verdict:
    """Compare the drawn weights with the specification, tensor by tensor.

    Args:
        arm: the arm with the initialisers; where it has two sides, each
            framework is compared with its own.
        drawn: by backend, one set of weights for each seed.
        seed: seed of the draws from the specification.

    Returns:
        The verdict of the rung; it names the first tensor that deviates.
    """
    sides = {backend: sides_of(arm)[backend] for backend in drawn}
    tensors = [
        (name, backend)
        for backend, side in sides.items()
        for name in side.tensors
    ]
    order = {name: n for n, name in enumerate(dict(tensors))}
    level = ALPHA_INITIAL / (TESTS * max(len(tensors), 1))
    least = 1.0
    for name, backend in sorted(tensors, key=lambda pair: order[pair[0]]):
        side = sides[backend]
        values = np.concatenate([w[name].ravel() for w in drawn[backend]])
        odd = examine(values, _from_spec(side, name, len(values), seed))
        least = min(least, odd.p)
        if odd.p < level:
            deviation = f"{LABELS[backend]}'s own {name} {odd.sentence}"
            return _verdict(
                side,
                f"{deviation}: {_initializer_of(side, name)}",
                name,
                backend,
            )
    runs = len(next(iter(drawn.values())))
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
        outcome="disagree" if where else "agree",
        worst_ratio=math.nan,
        where=where,
        suspect=suspect,
        sentence=sentence,
    )


def examine(values: Array, expected: Array) -> Oddity:
    """Test whether a framework's values follow the specification.

    Args:
        values: the framework's values, of shape (n,).
        expected: values drawn from the specification, of shape (m,).

    Returns:
        The p-value and its description.
    """
    if np.ptp(expected) == 0:
        constant = expected[0].astype(values.dtype)
        odd = int(np.sum(values != constant))
        sentence = f"is not {constant:.6g} in {odd:,} of "
        sentence += counted(len(values), "number")
        return Oddity(
            0.0 if odd else 1.0, f"{sentence}, as in the specification"
        )
    from scipy.stats import ks_2samp

    values = values[:MOST_VALUES]
    if not np.isfinite(values).all():
        return Oddity(0.0, "is not all numbers, as in the specification")
    # SciPy's exact p-value overflows where both samples are large.
    body = ks_2samp(values, expected, method="asymp").pvalue
    middle = np.median(np.concatenate([values, expected]))
    sides = [
        (values, expected),
        (-values, -expected),
        (abs(values - middle), abs(expected - middle)),
    ]
    ends = min(
        min(_beyond(first, second), _beyond(second, first))
        for first, second in sides
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


def _beyond(sample: Array, other_sample: Array) -> float:
    """Return the p-value of the number of values that exceed all others."""
    count = int(np.sum(sample > other_sample.max()))
    i = np.arange(count)
    n, m = len(sample), len(other_sample)
    return float(np.exp(np.sum(np.log(n - i) - np.log(n + m - i))))


def _from_spec(arm: Arm, name: str, size: int, seed: int) -> Array:
    """Return values of one tensor as the specification draws them."""
    node, tensor = next(
        (node, tensor)
        for node in arm.all_nodes
        for full in node.tensors
        if full == name
        for tensor in [name.rpartition("/")[2]]
    )
    rng = stream(seed, "initial", name)
    once = math.prod(arm.tensors[name])
    times = -(-TIMES_DRAWN * min(size, MOST_VALUES) // once)
    shape = node.input_shape
    drawn = [node.layer.draw(tensor, rng, shape).ravel() for _ in range(times)]
    return np.concatenate(drawn)


def _initializer_of(arm: Arm, name: str) -> str:
    """Return the initialiser of a tensor as in the specification."""
    layer, _, tensor = name.rpartition("/")
    node = next(node for node in arm.all_nodes if node.name == layer)
    initializer = node.layer.initializer_of(tensor)
    if initializer is None:
        return str(node.layer.model_dump())
    return str(initializer.model_dump())
