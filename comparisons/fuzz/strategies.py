"""Random specifications: Hypothesis strategies for the specification's types.

The values of a field are derived from its type, so new elements of the
specification are drawn without a change here. `RANGES` limits the fields
whose type allows far more: a fuzzed network is small, and trains without
diverging, since diverging runs cannot be compared.
"""

import math
from collections.abc import Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

# A split imports it when it is first made; its import draws from `random`,
# which Hypothesis refuses inside of a strategy.
import sklearn.model_selection  # noqa: F401
from annotated_types import Ge, Gt, Le, Lt
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from framework_parity.common.data.spec import Data
from framework_parity.common.data.splits import Split
from framework_parity.common.data.synthetic import (
    ArchimedeanSpiral,
    Linear,
    MoonsCircles,
    Noise,
    Polynomial,
    Sine,
    Spiral,
    Xor,
)
from framework_parity.common.spec.architecture import (
    ShapeError,
    is_padded_after,
    layer_nodes,
)
from framework_parity.common.spec.axes import NAMED
from framework_parity.common.spec.conventions import CONVENTIONS
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.groups import ParameterGroup
from framework_parity.common.spec.layer import Mode, Shape, TokenShape
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.layers.activations import Activation
from framework_parity.common.spec.layers.attention import (
    MultiHeadAttention,
    PositionEmbedding,
    SinusoidalPositions,
)
from framework_parity.common.spec.layers.augmentation import Augmentation
from framework_parity.common.spec.layers.convolution import (
    Conv2d,
    Conv2dTranspose,
)
from framework_parity.common.spec.layers.core import Dense, Flatten
from framework_parity.common.spec.layers.embedding import Embedding
from framework_parity.common.spec.layers.freezing import Frozen
from framework_parity.common.spec.layers.merging import Concatenate, Residual
from framework_parity.common.spec.layers.pooling import (
    GlobalAveragePool,
    GlobalMaxPool,
    GlobalPool,
)
from framework_parity.common.spec.layers.recurrent import Recurrent
from framework_parity.common.spec.layers.regularization import SpatialDropout
from framework_parity.common.spec.layers.reshaping import (
    PixelShuffle,
    Reshape,
)
from framework_parity.common.spec.layers.resizing import (
    Cropping,
    Rim,
    Upsampling,
    ZeroPadding,
)
from framework_parity.common.spec.layers.windows import (
    ImageWindow,
    SequenceWindow,
)
from framework_parity.common.spec.losses import (
    BinaryLoss,
    CrossEntropy,
    Distance,
    Loss,
    WeightedCrossEntropy,
)
from framework_parity.common.spec.node import Model, TaggedUnion, members
from framework_parity.common.spec.padding import Both, Valid
from framework_parity.common.spec.recipe import Recipe
from framework_parity.common.spec.warnings import means_of_padding_alone

Strategy = st.SearchStrategy[Any]

MOST_TOKENS = 5

# Strategies of fields, as `kind.field` or, for any kind, `field`.
RANGES: dict[str, Strategy] = {
    "units": st.integers(1, 9),
    "vocabulary": st.integers(MOST_TOKENS, 8),
    "embedding.size": st.integers(1, 5),
    "masked_id": st.sampled_from([None, None, 0, 1]),
    "multi_head_attention.size": st.sampled_from([None, 1, 3]),
    "heads": st.sampled_from([1, 1, 2]),
    "base": st.sampled_from([100.0, 10000.0]),
    # Unbounded gates grow doubly exponentially in time.
    **{
        f"{kind}.{field}": st.sampled_from(["tanh", "sigmoid", "hard_sigmoid"])
        for kind in ("lstm", "gru")
        for field in ("activation", "recurrent_activation")
    },
    "filters": st.integers(1, 4),
    "groups": st.sampled_from([1, 1, 1, 2]),
    "dilation": st.sampled_from([1, 1, 1, 2]),
    "formula": st.sampled_from(
        ["x * tanh(sqrt(softplus(x)))", "0.5 * x + sin(x)", "x / (1 + x**2)"]
    ),
    "rate": st.sampled_from([0.0, 0.25, 0.5]),
    "lr": st.sampled_from([0.001, 0.01, 0.03]),
    "sgd.lr": st.sampled_from([0.01, 0.05, 0.1]),
    "reshape.shape": st.sampled_from(
        [
            *[(4,), (6,), (12,), (5,), (20,), (60,)],
            *[(2, 3), (3, 2), (2, 2), (5, 1), (4, 5), (10, 6)],
            *[(2, 3, 1), (1, 2, 2), (5, 1, 1), (2, 2, 5), (5, 4, 3)],
        ]
    ),
    "permute.axes": st.sampled_from(
        [("channels", "time"), ("width", "channels", "height")]
    ),
    "pixel_shuffle.factor": st.just(2),
    "times": st.integers(1, 4),
    "gamma": st.sampled_from([0.0, 0.5, 2.0]),
    "momentum": st.sampled_from([0.0, 0.5, 0.9]),
    "rms_norm.epsilon": st.sampled_from([1e-6, 1e-3, "machine"]),
    "epsilon": st.sampled_from([1e-8, 1e-7, 1e-5, 1e-3]),
    "beta_1": st.sampled_from([0.0, 0.7, 0.9]),
    "beta_2": st.sampled_from([0.9, 0.99, 0.999]),
    "kept": st.sampled_from([0.5, 0.9, 0.99]),
    "stddev": st.sampled_from([0.05, 0.5, 1.0]),
    "recipe.batch_size": st.one_of(st.integers(4, 16), st.just("full")),
    "recipe.epochs": st.integers(1, 3),
    # They name layers of the network, which is drawn later.
    "recipe.groups": st.just(()),
    "recipe.evaluate_every": st.integers(0, 2),
    "early_stopping.patience": st.integers(1, 2),
    "every": st.integers(1, 9),
    "by": st.sampled_from([0.5, 0.7, 1.0]),
    "cosine.steps": st.integers(5, 40),
    "final": st.sampled_from([0.01, 0.1]),
}

# Layers that are drawn by a strategy of their own.
LEFT_OUT = ("residual", "concatenate", "frozen")

DEEPEST = 2

_ONE_IN_FOUR = st.sampled_from([False, False, False, True])

NUMBERS = st.sampled_from([0.1, 0.25, 0.5, 1.0, 2.0])


@cache
def elements(*kinds: type[Model]) -> Strategy:
    """Return a strategy that draws elements of several kinds uniformly."""
    return st.sampled_from(kinds).flatmap(element)


@cache
def element(kind: type[Model]) -> Strategy:
    """Return a strategy for the elements of one kind."""
    return _element(kind)


@st.composite
def _element(draw: st.DrawFn, kind: type[Model]) -> Any:
    """Draw the fields of one element until they are valid together."""
    for _ in range(8):
        fields = {name: draw(field) for name, field in _fields(kind).items()}
        try:
            return kind(**fields)
        except ValidationError:
            continue
    return draw(st.nothing())


@cache
def _fields(kind: type[Model]) -> dict[str, Strategy]:
    return {
        name: _field(kind.kind(), name, field)
        for name, field in kind.model_fields.items()
    }


def _field(kind: str, name: str, field: FieldInfo) -> Strategy:
    for key in (f"{kind}.{name}", name):
        if key in RANGES:
            return RANGES[key]
    rows = [row for row in CONVENTIONS if row.field == f"{kind}.{name}"]
    if rows and isinstance(rows[0].torch, float):
        return st.sampled_from([rows[0].torch, rows[0].keras])
    return typed(field.annotation, tuple(field.metadata))


def typed(annotation: Any, metadata: Sequence[Any] = ()) -> Strategy:
    """Return a strategy for the values that a field's type allows.

    Args:
        annotation: the type.
        metadata: the constraints of the field, such as `annotated_types.Gt`.

    Returns:
        The strategy.

    Raises:
        TypeError: for a type that has none; add the field to `RANGES`.
    """
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        kind, *more = inside
        if any(isinstance(item, TaggedUnion) for item in more):
            return elements(*members(annotation))
        return typed(kind, [*metadata, *_flat(more)])
    if origin in (Union, UnionType):
        return st.one_of([typed(member, metadata) for member in inside])
    for item in metadata:
        if isinstance(item, Both):
            size = typed(item.number)
            return st.one_of(size, st.tuples(*[size] * item.axes)).filter(
                _is_small
            )
    if origin is tuple:
        if inside[-1] is Ellipsis:
            return st.lists(typed(inside[0]), min_size=1, max_size=3).map(
                tuple
            )
        return st.tuples(*map(typed, inside))
    if origin is Literal:
        return st.sampled_from(inside)
    if annotation in (None, NoneType):
        return st.none()
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        return st.integers(*_bounds(metadata, 0, 4))
    if annotation is float:
        low, high = _bounds(metadata, 0.0, 2.0)
        return NUMBERS.filter(lambda number: low <= number <= high)
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return element(annotation)
    raise TypeError(f"no strategy for {annotation}; add it to RANGES")


def _is_small(size: int | tuple[int, ...]) -> bool:
    return size in (1, 2, 3) or (isinstance(size, tuple) and max(size) <= 3)


def _flat(metadata: Sequence[Any]) -> list[Any]:
    """Return the bounds, including those inside of pydantic's `Field`."""
    return [
        bound
        for item in metadata
        for bound in (item.metadata if isinstance(item, FieldInfo) else [item])
    ]


def _bounds(metadata: Sequence[Any], low: Any, high: Any) -> tuple[Any, Any]:
    for bound in _flat(metadata):
        if isinstance(bound, Ge):
            low = bound.ge
        elif isinstance(bound, Gt):
            low = bound.gt
        elif isinstance(bound, Le):
            high = min(high, bound.le)
        elif isinstance(bound, Lt):
            high = min(high, bound.lt)
    return low, max(low, high)


SIMPLE = [kind for kind in members(Layer) if kind.kind() not in LEFT_OUT]
IMAGE = [
    kind
    for kind in SIMPLE
    if issubclass(
        kind,
        (
            ImageWindow,
            GlobalPool,
            Augmentation,
            SpatialDropout,
            Rim,
            Upsampling,
            Conv2dTranspose,
            PixelShuffle,
        ),
    )
]
SEQUENCE = [
    kind
    for kind in SIMPLE
    if issubclass(
        kind,
        Recurrent
        | MultiHeadAttention
        | PositionEmbedding
        | SinusoidalPositions
        | SequenceWindow,
    )
]
VECTOR = [
    kind
    for kind in SIMPLE
    if kind not in (*IMAGE, *SEQUENCE) and kind is not Embedding
]
_ACTIVATIONS = [kind for kind in SIMPLE if issubclass(kind, Activation)]
ANY = [
    kind for kind in VECTOR if kind not in _ACTIVATIONS and kind is not Dense
]
ON_SEQUENCES = [
    *(*ANY, *SEQUENCE, *SEQUENCE, Dense),
    *(GlobalAveragePool, GlobalMaxPool, SpatialDropout),
    *(ZeroPadding, Cropping),
]


@st.composite
def networks(
    draw: st.DrawFn,
    shape: Shape,
    longest: int = 5,
    depth: int = 0,
    padded: bool = False,
) -> tuple[Any, ...]:
    """Draw a sequence of layers that accept the shape of their input.

    Args:
        draw: supplied by Hypothesis.
        shape: shape of one sample, without the batch axis.
        longest: maximum number of layers.
        depth: nesting depth of the sequence.
        padded: whether steps of the input can be padding.

    Returns:
        The layers.
    """
    layers: list[Any] = []
    for _ in range(draw(st.integers(0, longest))):
        layer = draw(_layer(shape, depth, padded))
        try:
            [node] = layer_nodes([layer], shape, padded=padded)
        except ShapeError:
            continue
        layers.append(layer)
        shape, padded = node.output_shape, is_padded_after(node)
    return tuple(layers)


@st.composite
def _network_of(draw: st.DrawFn, shape: Shape) -> tuple[Any, ...]:
    """Draw the layers of an experiment; token ids are embedded first."""
    if not isinstance(shape, TokenShape):
        return tuple(draw(networks(shape)))
    first: Any = draw(element(Embedding))
    padded = first.masked_id is not None
    embedded = first.output_shape(shape)
    if draw(st.integers(0, 4)) == 0:
        first = Frozen(layers=(first,), batch_norm="training")
    return (first, *draw(networks(embedded, padded=padded)))


def _layer(shape: Shape, depth: int, padded: bool) -> Strategy:
    """Draw a layer; on an image, half of them are layers for images."""
    simple = elements(*VECTOR)
    if len(shape) == 2:
        simple = st.one_of(elements(*ON_SEQUENCES), elements(*_ACTIVATIONS))
    if len(shape) == 3:
        simple = st.one_of(elements(*IMAGE), elements(*_ACTIVATIONS, *ANY))
    if depth == DEEPEST:
        return simple
    inside = (shape, depth + 1, padded)
    nested = _residual(*inside), _concatenate(*inside), _frozen(*inside)
    return st.one_of(simple, simple, simple, *nested)


@st.composite
def _residual(draw: st.DrawFn, shape: Shape, depth: int, padded: bool) -> Any:
    """Draw a body, and a shortcut with the output shape of the body."""
    body = draw(networks(shape, 3, depth, padded).filter(len))
    after = draw(st.one_of(st.none(), elements(*_ACTIVATIONS)))
    end = _end(body, shape)
    stride = _stride(shape, end)
    shortcut: Any = "identity"
    if stride is not None and end != shape:
        conv = draw(element(Conv2d))
        plain = {"size": (1, 1), "groups": 1, "dilation": (1, 1)}
        fits = {"padding": Valid(), "stride": stride, "filters": end[-1]}
        shortcut = (conv.model_copy(update=plain | fits),)
    elif end != shape and padded:
        dense = draw(element(Dense))
        shortcut = (dense.model_copy(update={"units": end[-1]}),)
        shortcut += () if len(end) == 2 else (GlobalAveragePool(),)
    elif end != shape:
        flatten, dense = draw(element(Flatten)), draw(element(Dense))
        units = {"units": math.prod(end)}
        body = (*body, flatten)
        shortcut = (flatten, dense.model_copy(update=units))
    return Residual(body=body, shortcut=shortcut, activation=after)


@st.composite
def _frozen(draw: st.DrawFn, shape: Shape, depth: int, padded: bool) -> Any:
    """Draw layers that are not trained."""
    layers = draw(networks(shape, 2, depth, padded).filter(len))
    mode = draw(st.sampled_from(get_args(Mode)))
    return Frozen(layers=layers, batch_norm=mode)


def _stride(shape: Shape, end: Shape) -> tuple[int, int] | None:
    """Return the stride of a 1 x 1 window that gives the shape `end`."""
    if len(shape) != 3 or len(end) != 3:
        return None
    strides = [
        next((s for s in range(1, 4) if (n - 1) // s + 1 == m), None)
        for n, m in zip(shape[:2], end[:2], strict=True)
    ]
    down, across = strides
    return None if down is None or across is None else (down, across)


@st.composite
def _concatenate(
    draw: st.DrawFn, shape: Shape, depth: int, padded: bool
) -> Any:
    """Draw branches, and keep those that fit the first, or use it twice."""
    branch = networks(shape, 2, depth, padded)
    first, *rest = draw(st.lists(branch, min_size=2, max_size=3))
    end = _end(first, shape)
    axis: Any = draw(st.sampled_from(NAMED[len(end)]))
    branches = [first]
    for candidate in rest:
        joined = Concatenate(branches=(first, candidate), axis=axis)
        try:
            layer_nodes([joined], shape, padded=padded)
        except ShapeError:
            continue
        branches.append(candidate)
    branches = branches if len(branches) > 1 else [first, first]
    return Concatenate(branches=tuple(branches), axis=axis)


@st.composite
def sources(draw: st.DrawFn) -> Any:
    """Draw a small data set."""
    samples = draw(st.integers(24, 48))
    spiral = st.builds(
        Spiral, classes=st.integers(2, 4), samples=st.just(samples)
    )
    arms = st.builds(
        ArchimedeanSpiral,
        classes=st.integers(2, 4),
        samples=st.just(samples),
        turns=st.sampled_from([0.5, 2.0]),
        noise=NUMBERS,
    )
    moons = st.builds(MoonsCircles, samples=st.just(samples))
    vectors, sequences, images = (
        st.builds(
            Noise,
            sides=sides,
            classes=st.sampled_from([None, 2, 3]),
            samples=st.just(samples),
        )
        for sides in (
            st.tuples(st.integers(1, 6)),
            st.tuples(st.integers(2, 6), st.integers(1, 4)),
            st.tuples(*[st.integers(3, 6)] * 2, st.integers(1, 3)),
        )
    )
    curve = st.builds(
        Polynomial,
        coefficients=st.just((1.0, -0.5, 0.2)),
        samples=st.just(samples),
    )
    sine = st.builds(Sine, samples=st.just(samples), noise=NUMBERS)
    linear = st.builds(
        Linear,
        features=st.integers(1, 6),
        samples=st.just(samples),
        test_samples=st.sampled_from([0, 9]),
        noise=NUMBERS,
    )
    xor = st.builds(Xor, copies=st.just(8), noise=NUMBERS)
    vector = [vectors, spiral, arms, moons, curve, sine, linear, xor]
    tokens = st.builds(
        Noise,
        sides=st.tuples(st.integers(2, 6)),
        classes=st.sampled_from([None, 2, 3]),
        samples=st.just(samples),
        tokens=st.integers(2, MOST_TOKENS),
    )
    choices = [*[images] * 3, *[sequences] * 3, *[tokens] * 3, *vector]
    return draw(st.sampled_from(choices).flatmap(lambda chosen: chosen))


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    """Draw one valid experiment with a single arm, `fuzzed`."""
    for _ in range(8):
        source = draw(sources())
        classes = source.class_count
        kinds = [
            kind
            for kind in members(Loss)
            if (not issubclass(kind, CrossEntropy) or classes is not None)
            and (not issubclass(kind, BinaryLoss) or classes == 2)
        ]
        likely = [
            kind
            for kind in kinds
            if issubclass(kind, CrossEntropy | BinaryLoss)
            == (classes is not None)
        ]
        loss = draw(elements(*likely, *likely, *kinds))
        if isinstance(loss, WeightedCrossEntropy):
            weights = draw(st.tuples(*[NUMBERS] * (classes or 1)))
            loss = loss.model_copy(update={"class_weights": weights})
        distance = isinstance(loss, Distance) and not source.vocabulary
        target = "inputs" if distance and draw(_ONE_IN_FOUR) else "given"
        wanted: Shape = (1 if isinstance(loss, BinaryLoss) else classes or 1,)
        if target == "inputs":
            wanted = source.shape
        # An activation before the loss is a common mistake.
        ending = st.sampled_from([(), (), ()]) | elements(*_ACTIVATIONS).map(
            lambda layer: (layer,)
        )
        layers = draw(_network_of(source.shape))
        last = draw(elements(Dense)).model_copy(
            update={"units": math.prod(wanted)}
        )
        nodes = layer_nodes(layers, source.shape)
        shape = nodes[-1].output_shape if nodes else source.shape
        flatten = () if len(shape) == 1 else (draw(elements(Flatten)),)
        if nodes and is_padded_after(nodes[-1]):
            flatten = (GlobalAveragePool(),)
        classes = classes if target == "given" else None
        recipe = _fitting(draw(elements(Recipe)), loss, classes)
        outputs: tuple[Any, ...] = (last,)
        if len(wanted) > 1:
            outputs += (
                draw(element(Reshape)).model_copy(update={"shape": wanted}),
            )
        try:
            drawn = Experiment(
                name="fuzzed",
                data=draw(_data(source, target, _watches(recipe))),
                recipe=recipe,
                arms={"fuzzed": (*layers, *flatten, *outputs, *draw(ending))},
            )
        except ValidationError:
            continue
        # Its loss is NaN from the first step on, which its warning says.
        if any(means_of_padding_alone(drawn.arm("fuzzed"))):
            continue
        return draw(_grouped(drawn)) if draw(_ONE_IN_FOUR) else drawn
    return draw(st.nothing())


@st.composite
def _grouped(draw: st.DrawFn, drawn: Experiment) -> Experiment:
    """Return the experiment with groups of parameters."""
    arm = drawn.arm("fuzzed")
    layers = {name.partition("/")[0] for name in arm.parameters}
    chosen = draw(
        st.lists(st.sampled_from(sorted(layers)), min_size=1, unique=True)
    )
    decays = (
        [None, 0.0, 0.05] if drawn.recipe.optimizer.weight_decay else [None]
    )
    groups = [
        ParameterGroup(
            layers=tuple(own),
            lr_factor=draw(st.sampled_from([0.0, 0.1, 0.3, 3.0])),
            weight_decay=draw(st.sampled_from(decays)),
        )
        for own in (chosen[:1], chosen[1:])
        if own
    ]
    kernels = ParameterGroup(parameters="kernels", lr_factor=0.3)
    if draw(_ONE_IN_FOUR) and any(map(kernels.contains, arm.parameters)):
        groups = [kernels]
    recipe = drawn.recipe.model_copy(update={"groups": tuple(groups)})
    return drawn.model_copy(update={"recipe": recipe})


def _watches(recipe: Recipe) -> bool:
    watching = recipe.plateau, recipe.early_stopping, recipe.checkpoint
    return any(rule is not None for rule in watching)


def _fitting(recipe: Recipe, loss: Any, classes: int | None) -> Recipe:
    """Return a recipe whose parts are valid together with a loss.

    Rules that monitor a curve are evaluated after each epoch, and monitor an
    accuracy only where there is one; only one rule keeps the best weights.
    """
    changes: dict[str, Any] = {"loss": loss}
    if _watches(recipe):
        changes["evaluate_every"] = 1
    stopping = recipe.early_stopping
    if stopping is not None and stopping.restore_best:
        changes["checkpoint"] = None
    if classes is None:
        loss_alone = {"monitor": "validation_loss"}
        for name in ("plateau", "early_stopping"):
            rule = getattr(recipe, name)
            if rule is not None:
                changes[name] = rule.model_copy(update=loss_alone)
        if recipe.checkpoint and "checkpoint" not in changes:
            changes["checkpoint"] = "validation_loss"
    return recipe.model_copy(update=changes)


def _end(layers: Sequence[Any], shape: Shape) -> Shape:
    nodes = layer_nodes(layers, shape)
    return nodes[-1].output_shape if nodes else shape


def _data(source: Any, target: str, watched: bool) -> Strategy:
    free = source.class_count is None and target == "given"
    return st.builds(
        Data,
        source=st.just(source),
        target=st.just(target),
        test=st.sampled_from([0.0, 0.2]),
        validation=st.sampled_from([0.2] if watched else [0.0, 0.2]),
        split=st.sampled_from(_splits(source)),
        scaling=st.sampled_from(["standardize", "min_max", "symmetric"]),
        target_scaling=st.sampled_from(
            ["none", "standardize"] if free else ["none"]
        ),
        seed=st.integers(0, 3),
    )


def _splits(source: Any) -> list[str]:
    """Return the splits that a source supports.

    With classes a stratified split is left out, since a class may be rare.
    """
    return [
        split
        for split in get_args(Split)
        if split != "stratified" or source.class_count is None
    ]
