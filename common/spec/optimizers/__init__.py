"""The optimisers of the language, and their union `Optimizer`."""

from typing import Annotated, TypeAlias

from framework_parity.common.spec.node import TaggedUnion
from framework_parity.common.spec.optimizers.adam import (
    Adam,
    Adamax,
    Adamw,
    Nadam,
)
from framework_parity.common.spec.optimizers.adaptive import (
    Adadelta,
    Adagrad,
    RMSprop,
)
from framework_parity.common.spec.optimizers.sgd import SGD

Optimizer: TypeAlias = Annotated[
    SGD | RMSprop | Adam | Adamw | Adagrad | Adadelta | Adamax | Nadam,
    TaggedUnion(),
]
