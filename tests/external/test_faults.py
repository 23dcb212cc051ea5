"""The external tests detect faults that are planted in a framework."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from framework_parity.comparisons.workers.worker import LABELS, WorkerPair
from tests.external import (
    faults,
    test_initializers,
    test_losses,
    test_sklearn_mlp,
)
from tests.external.conftest import Desk
from tests.external.onnx_cases import test_onnx
from tests.external.onnx_cases.case import cases

pytestmark = pytest.mark.slow

Check = Callable[[str, Desk], None]


@pytest.fixture(scope="module")
def faulty() -> Iterator[WorkerPair]:
    """Both frameworks, in workers that can plant a fault."""
    setup = dict.fromkeys(LABELS, "tests.external.faults:install")
    with WorkerPair(setup=setup) as workers:
        yield workers


def onnx(name: str) -> Check:
    """Return the check of a published case in float32."""

    def check(backend: str, desk: Desk) -> None:
        [case] = [each for each in cases() if each.id == name]
        for way in test_onnx.ways_of(case, "float32").values():
            test_onnx.check(desk, case, way, backend, "float32")

    return check


def sklearn(name: str) -> Check:
    """Return the check of the first steps of a perceptron."""

    def check(backend: str, desk: Desk) -> None:
        [spec] = [e for e in test_sklearn_mlp.EVERY if e.name == name]
        test_sklearn_mlp.check(spec, test_sklearn_mlp.FEW, backend, desk)

    return check


def loss(name: str) -> Check:
    """Return the check of a loss."""

    def check(backend: str, desk: Desk) -> None:
        test_losses.test_a_loss_is_that_of_another_library(name, backend, desk)

    return check


def drawn(name: str) -> Check:
    """Return the check of an initialiser."""

    def check(backend: str, desk: Desk) -> None:
        test_initializers.test_a_kernel_follows_the_law(name, backend, desk)

    return check


NOTICED: dict[Callable[[str], None], Check] = {
    faults.gelu_form_swapped: onnx("node-gelu_default_1"),
    faults.batch_norm_epsilon: onnx("node-batchnorm_example"),
    faults.batch_norm_running_decay: onnx(
        "node-batchnorm_example_training_mode"
    ),
    faults.layer_norm_epsilon: onnx("node-layer_normalization_2d_axis1"),
    faults.group_norm_epsilon: onnx("node-group_normalization_example"),
    faults.rms_norm_epsilon: onnx("node-rms_normalization_2d_axis1"),
    faults.lstm_forward: onnx("evaluator-lstm_reverse"),
    faults.causality_dropped: onnx("node-attention_4d_causal"),
    faults.padding_counted: onnx("node-averagepool_2d_precomputed_pads"),
    faults.padding_dropped: onnx("node-conv_with_strides_padding"),
    faults.flatten_order_swapped: onnx("node-flatten_axis1"),
    faults.dropout_not_scaled: onnx("node-training_dropout_default"),
    faults.l2_not_halved: sklearn("regression logistic momentum, L2"),
    faults.nesterov_dropped: sklearn("binary tanh nesterov, batches"),
    faults.epsilon_placement_swapped: sklearn("multiclass tanh adam"),
    faults.smoothing_doubled: loss("cross_entropy-smoothed"),
    faults.weights_too_wide: drawn("normal"),
}


@pytest.mark.parametrize("backend", ["torch", "keras"])
@pytest.mark.parametrize("plant", NOTICED, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_noticed(
    plant: Callable[[str], None], backend: str, faulty: WorkerPair
) -> None:
    check, worker = NOTICED[plant], faulty.workers[backend]

    def planted(name: str) -> Desk:
        worker.submit("plant_external", name=name).result()
        return Desk(lambda: faulty.workers)

    with pytest.raises(AssertionError):
        check(backend, planted(plant.__name__))
    check(backend, planted(""))


def test_every_fault_is_planted() -> None:
    defined: list[Any] = [
        value
        for name, value in vars(faults).items()
        if getattr(value, "__module__", "") == faults.__name__
        and callable(value)
        and name != "install"
    ]
    assert set(defined) == set(NOTICED)
