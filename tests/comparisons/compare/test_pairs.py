"""Twenty-five sound pairs in the varied style people write: all agree.

They are functional, sequential and subclassed; convolutional, recurrent and
with attention; with functions of tensors, formulas written out, shared
layers, several inputs and several outputs.
"""

from pathlib import Path

import pytest

from framework_parity.comparisons.compare.compare import compare_models
from framework_parity.comparisons.report.compare import headline
from framework_parity.comparisons.workers.worker import WorkerPair

HERE = Path(__file__).parent
Shape = tuple[int, ...]
VECTOR, IMAGE, SEQUENCE, IDS = (2, 12), (2, 8, 8, 3), (2, 6, 8), (2, 6)

PAIRS: list[tuple[str, str, list[Shape]]] = [
    ("OwnLinear", "own_linear", [VECTOR]),
    ("OwnLinear", "own_linear2", [VECTOR]),
    ("OwnConv", "own_conv", [IMAGE]),
    ("Mlp2", "mlp2", [VECTOR, (2, 4)]),
    ("UNet", "unet", [IMAGE]),
    ("UpNet", "upnet", [IMAGE]),
    ("Lstm2", "lstm2", [IDS]),
    ("BiGru", "bigru", [(2, 5, 8)]),
    ("Conv1", "conv1", [SEQUENCE]),
    ("Encoder", "encoder", [SEQUENCE]),
    ("Heads", "heads", [SEQUENCE]),
    ("Sdpa", "sdpa", [SEQUENCE]),
    ("HandNorm", "hand_norm", [VECTOR]),
    ("DictOut", "dict_out", [VECTOR]),
    ("SE", "se", [IMAGE]),
    ("Sep", "sep", [IMAGE]),
    ("Sep", "sep2", [IMAGE]),
    ("Dense2", "dense2", [IMAGE]),
    ("Shared", "shared", [VECTOR, VECTOR]),
    ("Vae", "vae", [VECTOR]),
    ("TextCnn", "textcnn", [IDS]),
    ("BagMean", "bag", [IDS]),
    ("TEL", "tel", [SEQUENCE]),
    ("Pos", "pos", [IDS]),
    ("Residual3", "residual3", [VECTOR]),
]
TRAINED = """

def _flat(value):
    if isinstance(value, dict):
        return [value[name] for name in sorted(value)]
    return list(value) if isinstance(value, (tuple, list)) else [value]


def loss(pred, target):
    return sum(MEAN(part**2) for part in _flat(pred))


def make_optimizer(PARAMS):
    return OPTIMIZER
"""
DECAYS = ("OwnConv", "Residual3")
"""Their running averages have each framework's default decay."""


# Every second pair; the others agree over ten steps in the slow tests.
QUICK = [
    pytest.param(*pair, marks=pytest.mark.slow if number % 2 else ())
    for number, pair in enumerate(PAIRS)
]


@pytest.mark.parametrize(("torch", "keras", "shapes"), QUICK)
def test_a_pair_agrees(
    both: WorkerPair, torch: str, keras: str, shapes: list[Shape]
) -> None:
    addresses = (
        f"{HERE / 'pairs_torch.py'}:{torch}",
        f"{HERE / 'pairs_keras.py'}:{keras}",
    )
    result = compare_models(both, addresses, shapes)
    assert result.verdict == "agree", headline(result)
    assert result.level == "forward"


@pytest.mark.slow
@pytest.mark.parametrize(("torch", "keras", "shapes"), PAIRS)
def test_a_pair_agrees_over_ten_steps(
    both: WorkerPair,
    tmp_path: Path,
    torch: str,
    keras: str,
    shapes: list[Shape],
) -> None:
    sides = {
        "torch": ("torch.mean", "params", "torch.optim.SGD(params, lr=0.05)"),
        "keras": ("ops.mean", "", "keras.optimizers.SGD(0.05)"),
    }
    files = {}
    for side, words in sides.items():
        text = TRAINED
        names = ("MEAN", "PARAMS", "OPTIMIZER")
        for name, word in zip(names, words, strict=True):
            text = text.replace(name, word)
        files[side] = tmp_path / f"pairs_{side}.py"
        source = (HERE / f"pairs_{side}.py").read_text()
        files[side].write_text(source + text)
    addresses = f"{files['torch']}:{torch}", f"{files['keras']}:{keras}"
    result = compare_models(both, addresses, shapes)
    assert result.level == "trajectory"
    causes = {each.slug for each in result.causes}
    if torch in DECAYS:
        assert causes == {"batch_norm_running_decay"}
    else:
        assert result.verdict == "agree", result.rungs
