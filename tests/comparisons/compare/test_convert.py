"""Conversion of weights, there and back, and what is refused."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from framework_parity.common.spec.errors import SpecError
from framework_parity.comparisons.compare.convert import convert_weights
from framework_parity.comparisons.compare.settings import CompareSettings
from framework_parity.comparisons.workers.worker import WorkerPair

HERE = Path(__file__).parent
TORCH = f"{HERE / 'recipes_torch.py'}:Net"
KERAS = f"{HERE / 'recipes_keras.py'}:net"
SETTINGS = CompareSettings(shapes=((4, 6, 6, 3),))
SHAPES = {
    "conv.weight": (4, 3, 3, 3),
    "conv.bias": (4,),
    "norm.weight": (4,),
    "norm.bias": (4,),
    "norm.running_mean": (4,),
    "norm.running_var": (4,),
    "head.weight": (3, 4),
    "head.bias": (3,),
}


def test_weights_come_back_bit_for_bit(
    both: WorkerPair, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    state = {
        name: rng.uniform(0.5, 1.5, shape).astype("float32")
        for name, shape in SHAPES.items()
    }
    state["norm.num_batches_tracked"] = np.array(7)
    first, back = tmp_path / "w.safetensors", tmp_path / "b.safetensors"
    save_file(state, first)
    middle = tmp_path / "w.keras"
    result = convert_weights(TORCH, KERAS, SETTINGS, first, middle, both)
    assert result.verdict == "agree"
    convert_weights(TORCH, KERAS, SETTINGS, middle, back, both)
    again = load_file(back)
    for name in SHAPES:
        assert np.array_equal(state[name], again[name]), name


class Code:
    """An object whose unpickling would make a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.file,)


def test_code_in_a_pickle_is_refused_and_does_not_run(
    both: WorkerPair, tmp_path: Path
) -> None:
    made, target = tmp_path / "made", tmp_path / "w.keras"
    source = tmp_path / "w.pt"
    source.write_bytes(pickle.dumps({"a": Code(made)}))
    with pytest.raises(SpecError, match=r"w\.pt"):
        convert_weights(TORCH, KERAS, SETTINGS, source, target, both)
    assert not made.exists()
    assert not target.exists()


@pytest.mark.parametrize(
    ("source", "target", "says"),
    [
        ("w.pt", "w.safetensors", "both files are PyTorch's"),
        ("w.pt", "w.keras", "there is no such file"),
        ("w.onnx", "w.keras", "expected a name that ends with"),
    ],
)
def test_wrong_files_are_refused_before_a_framework_starts(
    tmp_path: Path, source: str, target: str, says: str
) -> None:
    with pytest.raises(SpecError, match=says):
        convert_weights(
            TORCH, KERAS, SETTINGS, tmp_path / source, tmp_path / target
        )


def test_models_that_differ_get_no_file(
    both: WorkerPair, tmp_path: Path
) -> None:
    text = (HERE / "recipes_torch.py").read_text()
    other = tmp_path / "recipes_torch.py"
    other.write_text(text.replace("eps=1e-3", "eps=1e-1"))
    state = {n: np.full(s, 0.3, "float32") for n, s in SHAPES.items()}
    state["norm.num_batches_tracked"] = np.array(7)
    source, target = tmp_path / "w.safetensors", tmp_path / "w.weights.h5"
    save_file(state, source)
    result = convert_weights(
        f"{other}:Net", KERAS, SETTINGS, source, target, both
    )
    assert result.verdict == "disagree"
    assert {each.slug for each in result.causes} == {"batch_norm_epsilon"}
    assert not target.exists()
