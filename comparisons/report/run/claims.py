"""Claims as rows of tables, alike claims together."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from framework_parity.comparisons.report.run.text import claim_row
from framework_parity.comparisons.run.claim_verdicts import Judged
from framework_parity.comparisons.run.result import Result

# Claims are alike if their sentences have this share of words in common; so
# many of them with one verdict are folded.
ALIKE, MANY = 0.6, 4

# Number of subjects of a group that its summary names.
NAMED = 3


@dataclass(frozen=True)
class ClaimGroup:
    """Claims with one verdict that say the same about different subjects.

    Attributes:
        summary: what they have in common, in one line.
        verdict: of each of them.
        rows: one for each claim; see `claim_row`.
    """

    summary: str
    verdict: str
    rows: list[tuple[str, ...]]


def grouped_claims(
    result: Result,
) -> tuple[list[tuple[str, ...]], list[ClaimGroup]]:
    """Return the claims to show, and groups of claims to fold.

    At least one claim is shown: if all claims are in groups, none is folded.

    Args:
        result: of the experiment.

    Returns:
        A row for each claim that is shown, and the groups.
    """
    seeds = result.settings.seeds
    groups = [g for g in _alike(result.claims) if len(g) >= MANY]
    folded = {id(judged) for group in groups for judged in group}
    if len(folded) == len(result.claims):
        groups, folded = [], set()
    rows = [
        claim_row(judged, seeds)
        for judged in result.claims
        if id(judged) not in folded
    ]
    return rows, [
        ClaimGroup(
            _summary(group),
            claim_row(group[0], seeds)[-1],
            [claim_row(judged, seeds) for judged in group],
        )
        for group in groups
    ]


def _alike(claims: list[Judged]) -> list[list[Judged]]:
    """Return groups of claims with one form, one verdict, alike sentences."""
    groups: list[list[Judged]] = []
    for judged in claims:
        for group in groups:
            if _same_form(group[0], judged):
                group.append(judged)
                break
        else:
            groups.append([judged])
    return groups


def _same_form(one: Judged, other: Judged) -> bool:
    """Return whether two claims say the same about different subjects."""
    if one.verdict != other.verdict:
        return False
    forms = {_form(judged.claim.expression) for judged in (one, other)}
    first, second = one.claim.sentence.split(), other.claim.sentence.split()
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return len(forms) == 1 and matcher.ratio() >= ALIKE


def _form(expression: str) -> str:
    """Return an expression without its arms, names and numbers.

    >>> _form('a.value_error("relu_1") < 1e-12')
    '_.value_error(_) < _'
    """
    text = re.sub(r"""(["']).*?\1""", "_", expression)
    text = re.sub(r"\b\w+(?=\.[a-z])", "_", text)
    return re.sub(r"(?<![\w.])[-\d.]+(e[-+]?\d+)?\b", "_", text)


def _summary(group: list[Judged]) -> str:
    """Return a line with the words that all sentences share.

    The words that differ are listed: "sigmoid, tanh, … (10 claims): the
    value is the formula's."
    """
    sentences = [judged.claim.sentence.split() for judged in group]
    start = _shared(sentences)
    end = _shared([words[start:][::-1] for words in sentences])
    subjects = [
        " ".join(words[start : len(words) - end]).rstrip(":,")
        for words in sentences
    ]
    listed = ", ".join(dict.fromkeys(subjects[:NAMED]))
    more = ", …" if len(subjects) > NAMED else ""
    first = sentences[0]
    before = " ".join(first[:start])
    after = " ".join(first[len(first) - end :])
    text = f"{before} {listed}{more} {after}".strip()
    return f"{len(group)} claims: {text}"


def _shared(sentences: list[list[str]]) -> int:
    """Return how many first words all sentences have in common."""
    count = 0
    for words in zip(*sentences, strict=False):
        if len(set(words)) > 1:
            break
        count += 1
    return count
