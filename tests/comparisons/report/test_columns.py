"""Two scripts are aligned line by line, and no line is lost."""

import pytest

from framework_parity.comparisons.report.run.columns import (
    LinePair,
    side_by_side,
)

TORCH = """import numpy as np
import torch

# PyTorch keeps the gradients until they are set to zero.
model = nn.Sequential(
    nn.Linear(2, 100),
    nn.ReLU(),
    nn.Linear(100, 3),
)
for epoch in range(50):
    optimizer.zero_grad()
print(accuracy)
"""
KERAS = """import keras
import numpy as np

model = keras.Sequential([
    keras.layers.Dense(100),
    keras.layers.ReLU(),
    keras.layers.Dense(3),
])
model.fit(x, y, epochs=50)
print(accuracy)
"""


def test_each_script_is_complete_and_in_its_order() -> None:
    pairs = side_by_side(TORCH, KERAS)
    left = [pair.torch for pair in pairs if pair.torch is not None]
    right = [pair.keras for pair in pairs if pair.keras is not None]
    assert left == TORCH.splitlines()
    assert right == KERAS.splitlines()
    assert not any(p.torch is None and p.keras is None for p in pairs)


def test_equal_and_similar_lines_stand_beside_each_other() -> None:
    beside = {pair.torch: pair.keras for pair in side_by_side(TORCH, KERAS)}
    assert beside["import numpy as np"] == "import numpy as np"
    assert beside["print(accuracy)"] == "print(accuracy)"
    assert beside["    nn.ReLU(),"] == "    keras.layers.ReLU(),"
    assert beside["model = nn.Sequential("] == "model = keras.Sequential(["
    # A comment stands beside a comment or alone.
    comment = "# PyTorch keeps the gradients until they are set to zero."
    assert beside[comment] is None


def test_only_equal_lines_are_the_same() -> None:
    pairs = side_by_side(TORCH, KERAS)
    same = [pair.torch for pair in pairs if pair.same]
    assert same == ["import numpy as np", "", "print(accuracy)"]


@pytest.mark.parametrize(
    ("torch", "keras", "expected"),
    [
        ("", "", []),
        ("a = 1\n", "", [LinePair("a = 1", None)]),
        ("", "b = 2\n", [LinePair(None, "b = 2")]),
        ("x\n\ny\n", "x\ny\n", [
            LinePair("x", "x"),
            LinePair("", None),
            LinePair("y", "y"),
        ]),
    ],
)  # fmt: skip
def test_short_scripts(
    torch: str, keras: str, expected: list[LinePair]
) -> None:
    assert side_by_side(torch, keras) == expected


def test_long_blocks_without_a_common_line_are_complete() -> None:
    torch = "\n".join(f"first_{n}" for n in range(90))
    keras = "\n".join(f"second_{n}" for n in range(80))
    pairs = side_by_side(torch, keras)
    assert [p.torch for p in pairs] == torch.splitlines()
    assert [p.keras for p in pairs if p.keras] == keras.splitlines()
