"""A live model of the process of the tests, compared with a file."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TORCH = """
import torch
from framework_parity import assert_equivalent
from recipes_torch import Net

torch.manual_seed(0)
model = Net().train()
before = {k: v.clone() for k, v in model.state_dict().items()}
state = torch.get_rng_state()
assert_equivalent(model, "KERAS:net", inputs=(4, 6, 6, 3))
assert torch.get_default_dtype() == torch.float32
assert torch.equal(state, torch.get_rng_state())
assert model.training
assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
model.norm.eps = 1e-5
try:
    assert_equivalent(model, "KERAS:net", inputs=(4, 6, 6, 3))
except AssertionError as error:
    print("said", error)
"""
KERAS = """
import keras
from framework_parity import assert_equivalent
from recipes_keras import net

model = net()
before = model.get_weights()
result = assert_equivalent("TORCH:Net", model, inputs=(4, 6, 6, 3))
assert result.dtype == "float32"
assert keras.config.floatx() == "float32"
assert all((a == b).all() for a, b in zip(before, model.get_weights()))
print("said batch_norm_epsilon")
"""


@pytest.mark.parametrize(
    "script", [TORCH, pytest.param(KERAS, marks=pytest.mark.slow)]
)
def test_a_live_model_is_compared_and_given_back(script: str) -> None:
    for side in ("torch", "keras"):
        name = str(HERE / f"recipes_{side}.py")
        script = script.replace(side.upper(), name)
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "batch_norm_epsilon" in done.stdout, done.stderr
