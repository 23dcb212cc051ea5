"""Weights that are copied in neutral layout give the same outputs."""

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.backends.live_models.layers_of_both import torch_layers

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Any:
    file = tmp_path_factory.mktemp("layouts") / "layers.pickle"
    for side in ("torch", "keras"):
        module = "tests.backends.live_models.layers_of_both"
        subprocess.run(
            [sys.executable, "-m", module, side, str(file)],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
    return pickle.loads(file.read_bytes())


NAMES = [
    *("dense", "conv1d", "conv2d", "conv3d", "grouped", "depthwise"),
    *("as_conv2d", "conv1d_transpose", "conv2d_transpose"),
    *("conv3d_transpose", "batch_norm", "group_norm", "layer_norm"),
    *("layer_norm_sequence", "layer_norm_image", "rms_norm", "embedding"),
    *("prelu", "rnn", "lstm", "gru", "no_bias", "both_lstm", "both_gru"),
    "attention",
]


@pytest.mark.parametrize("name", NAMES)
def test_copied_weights_give_the_same_outputs(results: Any, name: str) -> None:
    held, drawn, expected, back, outputs = results[name]
    assert held.keys() == drawn.keys() == back.keys()
    for tensor, array in drawn.items():
        assert np.array_equal(held[tensor], array), tensor
        assert np.array_equal(back[tensor], array), tensor
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-12)
    assert np.abs(expected).max() > 1e-3


def test_every_layer_is_tested() -> None:
    assert list(torch_layers()) == NAMES
