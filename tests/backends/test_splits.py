"""A split by position equals that of Keras."""

from framework_parity.common.data.splits import count, hold_out
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.common.data.test_splits import SHARES, SIZES
from tests.common.data.test_splits import rows as rows_of


def test_split_last_equals_keras_validation_split(pair: WorkerPair) -> None:
    cases = [
        (samples, share)
        for samples in SIZES
        for share in SHARES
        # Keras refuses a part without samples; so does `common.data.spec`.
        if 0 < count("last", samples, share) < samples
    ]
    assert len(cases) > 100
    splits = pair.workers["keras"].submit("keras_splits", cases=cases).result()
    for (samples, share), (stay, held) in zip(cases, splits, strict=True):
        size = count("last", samples, share)
        expected = hold_out("last", rows_of(samples), size, 0, None)
        assert [part.tolist() for part in expected] == [stay, held]
