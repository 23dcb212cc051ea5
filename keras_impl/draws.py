"""Record the random draws of Keras itself in a run."""

from framework_parity.common.codegen.calls import absent

record = absent(
    "notimpl",
    "only PyTorch's draws are replayed: its scripts publish figures under one "
    "seed for everything, where Keras's layers each have a generator",
)
