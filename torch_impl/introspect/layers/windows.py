"""Windows, read from PyTorch."""

from typing import Any

from framework_parity.common.spec.padding import Same, Symmetric, Valid


def window_fields(live: Any) -> dict[str, Any]:
    """Return the fields of all windows; uneven padding is Keras's "same"."""
    by = (0, 0) if live.padding == "valid" else pair(live.padding)
    padding = Symmetric(by=by) if any(by) else Valid()
    return {
        "size": pair(live.kernel_size),
        "stride": pair(live.stride),
        "padding": Same() if hasattr(live, "sides") else padding,
    }


def pair(value: Any) -> Any:
    """Return a number as a pair of equal numbers, a sequence as a tuple."""
    return (value, value) if isinstance(value, int) else tuple(value)
