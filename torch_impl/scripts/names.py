"""The names and the style of PyTorch scripts."""

from collections import OrderedDict

from framework_parity.common.codegen.concise import Style
from framework_parity.common.codegen.printing import (
    Vocabulary,
)
from framework_parity.common.codegen.scripts import parts
from framework_parity.common.codegen.scripts.script import (
    ScriptOptions,
)
from framework_parity.torch_impl import emit

VOCABULARY = Vocabulary(
    {key: value for key, value in emit.VOCABULARY.modules.items() if key},
    emit.VOCABULARY.own,
    parts.IMPORTS
    | {
        "DataLoader": (
            "from torch.utils.data import DataLoader, TensorDataset"
        ),
        "TensorDataset": (
            "from torch.utils.data import DataLoader, TensorDataset"
        ),
        "datasets": "from torchvision import datasets",
    },
)


def style(options: ScriptOptions) -> Style:
    """Return how calls are shortened.

    Args:
        options: what the script is for; they have no effect in PyTorch.
    """
    return Style(
        equal=lambda default, value: False,
        dropped=frozenset({"fused"}),
        containers=(OrderedDict,),
    )
