"""A split by position is that of Keras itself."""

from framework_parity.common.data.splits import count, hold_out
from framework_parity.comparisons.workers.pool import WorkerPair
from tests.common.test_splits import SHARES, SIZES
from tests.common.test_splits import rows as rows_of


def test_last_holds_out_what_keras_does(pair: WorkerPair) -> None:
    asked = [
        (samples, share)
        for samples in SIZES
        for share in SHARES
        # Keras refuses a part without samples; so does `common.data.spec`.
        if 0 < count("last", samples, share) < samples
    ]
    assert len(asked) > 100
    found = pair.workers["keras"].submit("keras_splits", asked=asked).result()
    for (samples, share), (stay, held) in zip(asked, found, strict=True):
        size = count("last", samples, share)
        mine = hold_out("last", rows_of(samples), size, 0, None)
        assert [part.tolist() for part in mine] == [stay, held]
