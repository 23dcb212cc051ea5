"""Which runs can be trained together, as one batched model.

The runs of an arm that differ only in their seeds, or in a perturbation of
their weights, compute the same operations on other numbers. A backend's
`Ensemble` adds an axis for the runs to every tensor, so that each operation is
called once for all of them: most of the time of a small network is the cost of
a call. A run differs from one trained alone only by rounding, because a
product of stacked matrices adds in another order.
"""

from collections.abc import Iterable

from framework_parity.common.choices import Dtype
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layers.attention import MultiHeadAttention
from framework_parity.common.spec.layers.augmentation import RandomCrop
from framework_parity.common.spec.layers.convolution import Conv2dTranspose
from framework_parity.common.spec.layers.embedding import Embedding
from framework_parity.common.spec.layers.recurrent import Recurrent
from framework_parity.common.spec.layers.windows import Window

# PyTorch's fused recurrent layers and attention have no batched form, nor has
# the row of an embedding that is padding. TensorFlow's batched form of padding
# ignores the number that it pads with, and a convolution of stacked images is
# a convolution with groups, which is no faster.
ALONE = (
    *(Window, Conv2dTranspose, RandomCrop),
    *(Embedding, MultiHeadAttention, Recurrent),
)

# The least number of runs that are trained as one model. Recording a step
# takes as long as some hundred steps in PyTorch and as some thousand in Keras,
# and its products are as many calculations as those of all runs. In float32 a
# network that amplifies rounding ends elsewhere than alone, in PyTorch
# otherwise than in Keras; of few runs this is seen in the mean.
LEAST_RUNS = 12


def is_batched(arm: Arm, dtype: Dtype, runs: int) -> bool:
    """Return whether several runs of an arm are trained as one model.

    Args:
        arm: the network and its training recipe.
        dtype: the precision.
        runs: the number of runs.
    """
    return runs >= LEAST_RUNS and can_be_batched(arm, dtype)


def can_be_batched(arm: Arm, dtype: Dtype) -> bool:
    """Return whether the runs of an arm can be trained as one model.

    Args:
        arm: the network and its training recipe. Runs whose learning rates
            follow their losses, whose gradients are accumulated, or whose
            evaluation changes the network are trained one after the other.
        dtype: the precision; not bfloat16, whose casts are no operations of
            the network.
    """
    recipe = arm.recipe
    if recipe.plateau or recipe.accumulation or dtype == "bfloat16":
        return False
    if recipe.evaluation_mode == "training":
        return False
    return has_batched_form(arm.all_nodes)


def has_batched_form(nodes: Iterable[LayerNode]) -> bool:
    """Return whether each layer can compute several runs or samples at once.

    Args:
        nodes: the layers of a network, with those of its blocks.
    """
    return not any(
        node.padded or isinstance(node.layer, ALONE) for node in nodes
    )
