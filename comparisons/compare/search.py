"""The smallest set of differences whose removal restores agreement."""

from collections import Counter
from collections.abc import Callable
from itertools import combinations

from framework_parity.comparisons.compare.result import Difference
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR

MOST_OF_A_KIND = 8
"""Up to so many differences of one kind are removed one by one; of more, such
as the epsilons of fifty normalisations, all are kept or none."""

FEW = 4
"""Up to so many kinds, pairs of them are tried together."""


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
    if ratio(found) > TIMES_FLOOR:
        return None
    needed = list(found)
    for group in dict.fromkeys(each.family for each in found):
        fewer = [each for each in needed if each.family != group]
        if ratio(fewer) <= TIMES_FLOOR:
            needed = fewer
    # Two that make up for each other, such as a padding and a window's.
    left = list(dict.fromkeys(each.family for each in needed))
    for pair in combinations(left, 2) if len(left) <= FEW else ():
        fewer = [each for each in needed if each.family not in pair]
        if len(fewer) < len(needed) and ratio(fewer) <= TIMES_FLOOR:
            needed = fewer
    counts = Counter(each.family for each in needed)
    for each in list(needed):
        if 1 < counts[each.family] <= MOST_OF_A_KIND:
            fewer = [other for other in needed if other is not each]
            if ratio(fewer) <= TIMES_FLOOR:
                needed = fewer
    return needed
