"""Synthetic sequences that need a memory, or an order."""

from typing import Annotated

import numpy as np
from pydantic import Field

from framework_parity.common.data.base import Dataset, Labels, Samples
from framework_parity.common.spec.layer import Shape, TokenShape
from framework_parity.common.spec.node import PositiveInt
from framework_parity.common.training.randomness import stream

Steps = Annotated[int, Field(strict=True, ge=2, le=100_000)]


class AddingProblem(Dataset):
    """The sum of two numbers of a long sequence, which are marked.

    A sample has two channels: numbers from U(0, 1), and marks, which are 1 at
    two steps, one in each half, and 0 elsewhere. The target is the sum of the
    two numbers. To answer 1 always has a squared error of 1/6. Hochreiter and
    Schmidhuber 1997, experiment 4, with numbers from U(0, 1) and marks as in
    Le et al. 2015.

    Attributes:
        steps: the number of steps.
        samples: the number of sequences.
    """

    steps: Steps = 50
    samples: PositiveInt = 1000

    @property
    def shape(self) -> Shape:
        return (self.steps, 2)

    @property
    def class_count(self) -> None:
        return None

    @property
    def size(self) -> int:
        return self.samples

    def draw(self, seed: int) -> tuple[Samples, Labels]:
        rng = stream(seed, "adding_problem")
        numbers = rng.random((self.samples, self.steps))
        half = self.steps // 2
        marks = np.zeros_like(numbers)
        rows = np.arange(self.samples)
        marks[rows, rng.integers(half, size=self.samples)] = 1.0
        late = rng.integers(half, self.steps, size=self.samples)
        marks[rows, late] = 1.0
        return np.stack([numbers, marks], -1), (numbers * marks).sum(1)


class FirstToken(Dataset):
    """Sequences of token ids whose class is the first id.

    All other ids are drawn uniformly from those that are no class, so that
    the class has to be remembered over all steps; the latching problem of
    Bengio et al. 1994.

    Attributes:
        steps: the number of steps.
        classes: the number of classes; their ids are 0 to classes - 1.
        others: the number of other ids.
        samples: the number of sequences.
    """

    steps: Steps = 20
    classes: Annotated[int, Field(strict=True, ge=2)] = 2
    others: PositiveInt = 8
    samples: PositiveInt = 1000

    @property
    def shape(self) -> Shape:
        return TokenShape((self.steps,), self.classes + self.others)

    @property
    def class_count(self) -> int:
        return self.classes

    @property
    def size(self) -> int:
        return self.samples

    def draw(self, seed: int) -> tuple[Samples, Labels]:
        rng = stream(seed, "first_token")
        ids = self.classes + rng.integers(
            self.others, size=(self.samples, self.steps)
        )
        labels = rng.integers(self.classes, size=self.samples)
        ids[:, 0] = labels
        return ids, labels.astype(np.int64)


class TokenOrder(Dataset):
    """Sequences with the ids 0 and 1 once each, whose class is the order.

    The class is 1 where 0 comes before 1. All other ids are drawn uniformly,
    so that the ids alone, without their places, say nothing about the class.

    Attributes:
        steps: the number of steps.
        others: the number of other ids.
        samples: the number of sequences.
    """

    steps: Steps = 12
    others: PositiveInt = 6
    samples: PositiveInt = 1000

    @property
    def shape(self) -> Shape:
        return TokenShape((self.steps,), 2 + self.others)

    @property
    def class_count(self) -> int:
        return 2

    @property
    def size(self) -> int:
        return self.samples

    def draw(self, seed: int) -> tuple[Samples, Labels]:
        rng = stream(seed, "token_order")
        shape = (self.samples, self.steps)
        ids = 2 + rng.integers(self.others, size=shape)
        places = rng.random(shape).argsort(1)[:, :2]
        rows = np.arange(self.samples)
        ids[rows, places[:, 0]] = 0
        ids[rows, places[:, 1]] = 1
        return ids, (places[:, 0] < places[:, 1]).astype(np.int64)


class TokenMajority(Dataset):
    """Sequences of two groups of ids, whose class is the larger group.

    The ids 1 to `words` count for the class 0, the next `words` ids for the
    class 1, and the ids above them for none. An odd number of ids of both
    groups is drawn, the other ids fill the sequence up to its length, and the
    padding id 0 fills it up to `steps`. The places say nothing.

    Attributes:
        steps: the number of steps.
        words: the number of ids of each group.
        others: the number of ids of no group.
        samples: the number of sequences.
    """

    steps: Steps = 12
    words: PositiveInt = 8
    others: PositiveInt = 8
    samples: PositiveInt = 1000

    @property
    def shape(self) -> Shape:
        return TokenShape((self.steps,), 1 + 2 * self.words + self.others)

    @property
    def class_count(self) -> int:
        return 2

    @property
    def size(self) -> int:
        return self.samples

    def draw(self, seed: int) -> tuple[Samples, Labels]:
        rng = stream(seed, "token_majority")
        ids = np.zeros((self.samples, self.steps), np.int64)
        labels = rng.integers(2, size=self.samples)
        for row, label in enumerate(labels):
            length = int(rng.integers(1, self.steps + 1))
            count = 2 * int(rng.integers((length + 1) // 2)) + 1
            larger = rng.integers(count // 2 + 1, count + 1)
            groups = np.where(np.arange(count) < larger, label, 1 - label)
            chosen = rng.integers(self.words, size=count)
            rest = rng.integers(self.others, size=length - count)
            text = np.concatenate(
                [1 + self.words * groups + chosen, 1 + 2 * self.words + rest]
            )
            ids[row, :length] = rng.permutation(text)
        return ids, labels.astype(np.int64)


class EmbeddedReber(Dataset):
    """Strings of letters that are of the embedded Reber grammar, or nearly.

    A string is B, then T or P, a string of the Reber grammar, the *same* T or
    P again, and E. The class is 1 for such a string, and 0 where the last but
    one letter is the other one, so that the second letter has to be
    remembered. Letters have the ids 1 to 7; shorter strings begin with the
    padding id 0. Hochreiter and Schmidhuber 1997, experiment 1.

    Attributes:
        steps: the number of steps; longer strings are drawn again.
        samples: the number of strings.
    """

    steps: Annotated[int, Field(strict=True, ge=10, le=1000)] = 20
    samples: PositiveInt = 1000

    @property
    def shape(self) -> Shape:
        return TokenShape((self.steps,), 8)

    @property
    def class_count(self) -> int:
        return 2

    @property
    def size(self) -> int:
        return self.samples

    def draw(self, seed: int) -> tuple[Samples, Labels]:
        rng = stream(seed, "embedded_reber")
        # From each state of the grammar, the letters and the next states.
        ways = {
            0: [("B", 1)],
            1: [("T", 2), ("P", 3)],
            2: [("S", 2), ("X", 4)],
            3: [("T", 3), ("V", 5)],
            4: [("X", 3), ("S", 6)],
            5: [("P", 4), ("V", 6)],
            6: [("E", 7)],
        }
        ids = np.zeros((self.samples, self.steps), np.int64)
        labels = rng.integers(2, size=self.samples)
        for row, label in enumerate(labels):
            inside = ""
            while not 0 < len(inside) <= self.steps - 4:
                inside, state = "", 0
                while state in ways:
                    pairs = ways[state]
                    letter, state = pairs[rng.integers(len(pairs))]
                    inside += letter
            first = rng.integers(2)
            last = first ^ label ^ 1
            text = f"B{'TP'[first]}{inside}{'TP'[last]}E"
            numbers = [" BTPSXVE".index(letter) for letter in text]
            ids[row, -len(text) :] = numbers
        return ids, labels.astype(np.int64)
