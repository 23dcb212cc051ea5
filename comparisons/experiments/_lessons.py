"""Lessons: the versions of an experiment with the numbers of a lesson.

The catalogue implements five published lessons. An experiment has a dict
`LESSONS` of the lessons that contain it, by number; the first is the default
of the full profile. In the full profile a version has the lesson's network,
optimiser, rate, batch size, epochs, data and split; in the quick profile it
has less data or fewer epochs, and the digits where the lesson has images that
scikit-learn does not include.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TITLES = {
    0: "Vanishing gradients, overfitting and regularisation (PyTorch)",
    1: "From shallow to deep networks (Keras)",
    2: "Training neural networks, with published figures (PyTorch)",
    3: "Deep learning techniques on Fashion-MNIST (Keras)",
    4: "Classification of MNIST digits, with published accuracies (PyTorch)",
}


@dataclass(frozen=True)
class Lesson:
    """The version of an experiment with the numbers of one lesson.

    Attributes:
        written: a function of a data set and a profile that returns the
            specification, without `teaches`.
        datasets: the data sets that it can have; the first is the default of
            the quick profile.
        full: the default data set of the full profile; by default the first.
    """

    written: Callable[[str, str], dict[str, Any]]
    datasets: tuple[str, ...]
    full: str = ""

    def default(self, profile: str) -> str:
        """Return the data set that a profile has by default."""
        return (profile == "full" and self.full) or self.datasets[0]
