"""The axes of one sample, by name.

A sample is a vector of channels, `(channels,)`; a sequence, `(time,
channels)`; or an image, `(height, width, channels)`. Channels are last in the
language, as in Keras; PyTorch stores those of an image first, after the
batch.
"""

from framework_parity.common.spec.errors import names
from framework_parity.common.spec.layer import Shape, refused

NAMED: dict[int, tuple[str, ...]] = {
    1: ("channels",),
    2: ("time", "channels"),
    3: ("height", "width", "channels"),
}
"""The names of a sample's axes, in order, by their number."""


def axes_of(kind: str, name: str, shape: Shape) -> tuple[int, ...]:
    """Return the axes of a sample for a name.

    Args:
        kind: the kind of the layer, for the message.
        name: `channels`, `time`, `height` or `width`, which is one axis;
            `positions`, all axes but the channels; or `all`.
        shape: shape of one sample, without the batch.

    Returns:
        The indices of the axes, from 0, without the batch.

    Raises:
        PydanticCustomError: if a sample of that shape has no such axis.

    >>> axes_of("softmax", "positions", (4, 5, 3))
    (0, 1)
    """
    rank = len(shape)
    joint = {"all": tuple(range(rank)), "positions": tuple(range(rank - 1))}
    known: dict[str, tuple[int, ...]]
    known = {axis_name: (axis,) for axis, axis_name in enumerate(NAMED[rank])}
    if rank > 1:
        known["positions"] = joint["positions"]
    axes = joint["all"] if name == "all" else known.get(name)
    if axes is None:
        raise refused(
            f"{kind} has '{name}' for its axis, but samples of shape {shape} "
            f"have only: {names(known)}"
        )
    return axes
