"""The smallest set of differences whose removal restores agreement."""

import math
from collections import Counter
from collections.abc import Callable
from itertools import combinations

from framework_parity.comparisons.compare.result import Difference
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR

MOST_OF_A_KIND = 8
"""Up to so many differences of one kind are removed one by one; of more, such
as the epsilons of fifty normalisations, all are kept or none."""

MANY = 8
"""Up to so many kinds, every pair of them is tried, if all together do not
restore agreement."""

FEW = 4
"""Up to so many kinds, two and three of them are tried together."""


def smallest(
    found: list[Difference], ratio: Callable[[list[Difference]], float]
) -> list[Difference] | None:
    """Return the differences of which each is needed.

    Args:
        found: differences that can be removed.
        ratio: of what is judged to the noise floor, with some differences
            removed.

    Returns:
        The set; None if not even the removal of all restores agreement.
    """
    needed = _sufficient(found, ratio)
    if needed is None:
        return None
    for group in dict.fromkeys(each.family for each in needed):
        fewer = [each for each in needed if each.family != group]
        if ratio(fewer) <= TIMES_FLOOR:
            needed = fewer
    # Some make up for each other: a padding and a window's, or a reshape and
    # a permutation.
    left = list(dict.fromkeys(each.family for each in needed))
    few = [*combinations(left, 2), *combinations(left, 3)]
    for group_of in few if len(left) <= FEW else ():
        fewer = [each for each in needed if each.family not in group_of]
        if len(fewer) < len(needed) and ratio(fewer) <= TIMES_FLOOR:
            needed = fewer
    counts = Counter(each.family for each in needed)
    for each in list(needed):
        if 1 < counts[each.family] <= MOST_OF_A_KIND:
            fewer = [other for other in needed if other is not each]
            if ratio(fewer) <= TIMES_FLOOR:
                needed = fewer
    return needed


def _sufficient(
    found: list[Difference], ratio: Callable[[list[Difference]], float]
) -> list[Difference] | None:
    """Return differences whose removal restores agreement, or None.

    Some differences are only two ways to write the same, of which one alone
    cannot be removed: if not all can be, each kind is tried, and all of one
    operation, then all that fit, those without one kind, and each pair.
    """
    if ratio(found) <= TIMES_FLOOR:
        return list(found)
    families = list(dict.fromkeys(each.family for each in found))
    alone = {
        family: [each for each in found if each.family == family]
        for family in families
    }
    ratios = {family: ratio(alone[family]) for family in families}
    best = min(families, key=lambda family: ratios[family], default=None)
    if best is not None and ratios[best] <= TIMES_FLOOR:
        return alone[best]
    places = Counter(each.labels for each in found)
    for place in [place for place, count in places.items() if count > 1]:
        of_place = [each for each in found if each.labels == place]
        if ratio(of_place) <= TIMES_FLOOR:
            return of_place
    fitting = [f for f in families if ratios[f] < math.inf]
    sets = [fitting]
    sets += [[f for f in fitting if f != left] for left in fitting]
    if len(fitting) <= MANY:
        sets += map(list, combinations(fitting, 2))
    for chosen in sets:
        removed = [each for each in found if each.family in chosen]
        if len(chosen) > 1 and ratio(removed) <= TIMES_FLOOR:
            return removed
    return None
