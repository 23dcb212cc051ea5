"""Windows, read from PyTorch."""

from typing import Any

from framework_parity.common.spec.padding import (
    Causal,
    CausalPadding,
    Same,
    Symmetric,
    Valid,
)


def window_fields(live: Any) -> dict[str, Any]:
    """Return the fields of all windows; uneven padding is Keras's "same"."""
    by = (0, 0) if live.padding == "valid" else pair(live.padding)
    padding = Symmetric(by=by) if any(by) else Valid()
    return {
        "size": pair(live.kernel_size),
        "stride": pair(live.stride),
        "padding": Same() if hasattr(live, "sides") else padding,
    }


def sequence_fields(live: Any) -> dict[str, Any]:
    """Return the fields of all windows over sequences."""
    before, after = live.sides
    padding: CausalPadding = Same() if before < after else Causal()
    if before == after:
        padding = Symmetric(by=(before, before)) if before else Valid()
    return {
        "size": single(live.kernel_size),
        "stride": single(live.stride),
        "padding": padding,
    }


def single(value: Any) -> Any:
    """Return a number, or the only one of a sequence."""
    return value if isinstance(value, int) else value[0]


def pair(value: Any) -> Any:
    """Return a number as a pair of equal numbers, a sequence as a tuple."""
    return (value, value) if isinstance(value, int) else tuple(value)
