"""Mistakes planted in the sound pairs, in source form, one and two at a time.

`python -m tests.comparisons.compare.mutants [--two N]` runs every mutation of
every pair and prints those that are not caught or not named.

A mutation replaces one occurrence of a text in the source of one model. Its
causes are the slugs of which one has to be named; an empty set stands for a
mistake inside a black box, which has only to be caught.
"""

import argparse
import ast
import random
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from framework_parity.common.spec.errors import SpecError
from framework_parity.comparisons.compare.compare import compare_models
from framework_parity.comparisons.compare.result import PairResult
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.comparisons.compare.test_pairs import HERE, PAIRS

ACTIVATION = {"activation_replaced", "missing_in_torch", "missing_in_keras"}
MISSING = {"missing_in_torch", "missing_in_keras", "operation_replaced"}

Operator = tuple[str, str, set[str]]
"""A regular expression, what replaces it, and the slugs that name it."""

TORCH: list[Operator] = [
    (r"(F|torch)\.relu\(", "torch.tanh(", ACTIVATION),
    (r"(F|torch)\.relu\(", "F.elu(", ACTIVATION),
    (r"torch\.tanh\(", "torch.sigmoid(", ACTIVATION),
    (r"torch\.sigmoid\(", "torch.tanh(", ACTIVATION),
    (r"F\.gelu\(", "F.silu(", ACTIVATION),
    (r"nn\.GELU\(\)", 'nn.GELU(approximate="tanh")', {"gelu_form"}),
    (r"F\.silu\(", "F.relu(", ACTIVATION),
    (r"F\.elu\(", "F.relu(", ACTIVATION),
    (r"F\.softplus\(", "F.relu(", ACTIVATION),
    (r", 0\.2\)", ", 0.01)", {"leaky_relu_slope"}),
    (r"nn\.ReLU\(\), ", "", ACTIVATION),
    (r"eps=1e-3", "eps=1e-5", {"batch_norm_epsilon", "layer_norm_epsilon"}),
    (r"eps=1e-6", "eps=1e-3", {"layer_norm_epsilon"}),
    (r"\+ 1e-5", "+ 1e-3", {"layer_norm_epsilon"}),
    (r"max_pool2d\(", "avg_pool2d(", {"operation_replaced"}),
    (r"avg_pool2d\(x, 2", "max_pool2d(x, 2", {"operation_replaced"}),
    (r"amax\(dim=2\)", "mean(dim=2)", MISSING),
    (r"\.mean\(1\)", ".amax(1)", MISSING),
    (r"\[u, a\]", "[a, u]", {"concatenate_order"}),
    (r"math\.sqrt\(4\)", "4.0", {"attention_scale"}),
    (r"/ math\.sqrt\(4\)", "", {"attention_scale"}),
    (r"\* math\.sqrt\(8\)", "", MISSING | {"multiply_by"}),
    (r" \+ self\.p", "", MISSING),
    (
        r"\.permute\(0, 2, 3, 1\)\.flatten\(1\)",
        ".flatten(1)",
        {"flatten_order"},
    ),
    (r"h\[-1\]", "h[0] * 2", MISSING),
    (r"x \+ a\)", "a)", MISSING),
    (r"x \+ b\(x\)", "b(x)", MISSING),
    (r"x = x \* s", "x = x + s", {"operation_replaced"}),
    (r"torch\.abs\(", "torch.square(", MISSING),
    (r"torch\.log_softmax\(", "torch.softmax(", ACTIVATION),
    (r"nearest", "bilinear", set()),
    (r"self\.ff\(x\)\)", "self.ff(x) * 0.5)", MISSING),
    (r"unbiased=False", "unbiased=True", set()),
    (r"h\[0\], h\[1\]", "h[1], h[0]", {"concatenate_order"}),
    (
        r"torch\.cat\(\[h\[0\], h\[1\]\], dim=1\)",
        "out[:, -1]",
        {"gru_returns"},
    ),
    (
        r"MultiheadAttention\(8, 2,",
        "MultiheadAttention(8, 4,",
        {"multi_head_attention_heads"},
    ),
    (
        r"self\.attn\(x, x, x,",
        "self.attn(x, x.flip(1), x,",
        MISSING | {"multi_head_attention_order"},
    ),
    (
        r"dropout=0\.0, batch",
        "dropout=0.0, norm_first=True, batch",
        {"operation_order"},
    ),
    (
        r"dropout=0\.0, batch",
        "dropout=0.0, activation='gelu', batch",
        ACTIVATION,
    ),
    (
        r"Transpose2d\(8, 4, 2, stride=2\)",
        "Transpose2d(8, 4, 2, stride=2, bias=False)",
        {"conv2d_transpose_bias", "conv2d_transpose_bias_missing"},
    ),
]
KERAS: list[Operator] = [
    (r'"relu"', '"gelu"', ACTIVATION),
    (r'"tanh"', '"relu"', ACTIVATION),
    (r'"sigmoid"', '"tanh"', ACTIVATION),
    (r'"gelu"', '"relu"', ACTIVATION),
    (r'"silu"', '"relu"', ACTIVATION),
    (r'"elu"', '"selu"', ACTIVATION),
    (r'"softplus"', '"relu"', ACTIVATION),
    (r"layers\.ReLU\(\)\(", "layers.Activation('elu')(", ACTIVATION),
    (
        r"BatchNormalization\(\)",
        "BatchNormalization(epsilon=1e-5)",
        {"batch_norm_epsilon"},
    ),
    (r"epsilon=1e-6", "epsilon=1e-2", {"layer_norm_epsilon"}),
    (r"epsilon=1e-5", "epsilon=1e-3", {"layer_norm_epsilon"}),
    (
        r"LayerNormalization\(\)",
        "LayerNormalization(epsilon=1e-6)",
        {"layer_norm_epsilon"},
    ),
    (r"MaxPooling2D\(\)", "AveragePooling2D(2)", {"operation_replaced"}),
    (r"AveragePooling2D\(2\)", "MaxPooling2D(2)", {"operation_replaced"}),
    (r"GlobalAveragePooling2D", "GlobalMaxPooling2D", MISSING),
    (r"GlobalMaxPooling1D", "GlobalAveragePooling1D", MISSING),
    (r"math\.sqrt\(8\.0\)", "8.0", MISSING | {"multiply_by"}),
    (r"math\.sqrt\(8\)", "8.0", {"attention_scale"}),
    (r"ops\.abs\(", "ops.square(", MISSING),
    (r"layers\.Add\(\)", "layers.Multiply()", {"operation_replaced"}),
    (r"layers\.Multiply\(\)", "layers.Add()", {"operation_replaced"}),
    (r"\[u, a\]", "[a, u]", {"concatenate_order"}),
    (r"log_softmax", "softmax", ACTIVATION),
    (r"negative_slope=0\.2", "negative_slope=0.3", {"leaky_relu_slope"}),
    (r"\[:, 0\]", "[:, -1]", set()),
    *(
        (r"layers\.LSTM\(4\)", f"layers.LSTM(4, {argument})", {slug})
        for argument, slug in {
            "recurrent_activation='hard_sigmoid'": "lstm_recurrent_activation",
            "activation='relu'": "lstm_activation",
            "go_backwards=True": "lstm_direction",
            "use_bias=False": "lstm_bias_missing",
        }.items()
    ),
    (
        r"layers\.GRU\(5\)",
        "layers.GRU(5, reset_after=False)",
        {"gru_reset"},
    ),
    (
        r"layers\.Embedding\(30, 6\),",
        "layers.Embedding(30, 6, mask_zero=True),",
        {"lstm_masked", "global_average_pool_masked"},
    ),
    (
        r"MultiHeadAttention\(2, 4\)",
        "MultiHeadAttention(4, 2)",
        {"multi_head_attention_heads"},
    ),
    (
        r"MultiHeadAttention\(2, 4\)",
        "MultiHeadAttention(2, 4, use_bias=False)",
        {"multi_head_attention_projection_bias_missing"},
    ),
    (
        r"self\.attn\(x, x\)",
        "self.attn(x, x, use_causal_mask=True)",
        {"multi_head_attention_causal"},
    ),
    (
        r"Conv2DTranspose\(4, 2, strides=2\)",
        "Conv2DTranspose(4, 2, strides=2, use_bias=False)",
        {"conv2d_transpose_bias", "conv2d_transpose_bias_missing"},
    ),
    (
        r"UpSampling2D\(\)",
        "UpSampling2D(interpolation='bilinear')",
        set(),
    ),
]


@dataclass(frozen=True)
class Mutant:
    """One mistake in one model of a pair.

    Attributes:
        pair: number of the pair.
        side: `torch` or `keras`.
        source: of the file with the mistake.
        what: the operator, and where.
        causes: the slugs of which one names it.
        lines: where it is: its own line, and those that use what the line
            defines.
    """

    pair: int
    side: str
    source: str
    what: str
    causes: frozenset[str]
    lines: frozenset[int]


def mutants() -> Iterator[Mutant]:
    """Yield every mutation of every pair, once for each occurrence."""
    for number, names in enumerate(PAIRS):
        sides = {"torch": (names[0], TORCH), "keras": (names[1], KERAS)}
        for side, (name, operators) in sides.items():
            text = (HERE / f"pairs_{side}.py").read_text()
            start, end = _span(text, name)
            for pattern, new, causes in operators:
                for match in re.finditer(pattern, text[start:end]):
                    a, b = start + match.start(), start + match.end()
                    yield Mutant(
                        number,
                        side,
                        text[:a] + new + text[b:],
                        f"{name}: {match.group()} -> {new}",
                        frozenset(causes),
                        _lines(text, start, end, a),
                    )


def _lines(text: str, start: int, end: int, place: int) -> frozenset[int]:
    """Return the lines of a definition that a mistake at a place concerns."""
    lines = text.splitlines()
    own = text[:place].count("\n")
    # A statement may have several lines, of which a traceback has the first.
    first = own
    while lines[first - 1].rstrip().endswith(("(", ",", "[")):
        first -= 1
    found = set(range(first, own + 1))
    names = re.findall(r"(self\.\w+|\b\w+)(?:, self\.\w+)* =", lines[first])
    names += re.findall(r", (self\.\w+)", lines[first].partition("=")[0])
    last = text[:end].count("\n")
    for number in range(text[:start].count("\n"), last + 1):
        used = lines[number] if number < len(lines) else ""
        if any(re.search(rf"{re.escape(n)}\b", used) for n in names):
            found.add(number)
    return frozenset(number + 1 for number in found)


def _span(text: str, name: str) -> tuple[int, int]:
    """Return where the definition of a name begins and ends."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in ast.parse(text).body:
        if getattr(node, "name", "") == name:
            assert node.end_lineno is not None
            return starts[node.lineno - 1], starts[node.end_lineno]
    raise LookupError(name)


def compared(
    pair: WorkerPair, folder: Path, faults: list[Mutant]
) -> PairResult:
    """Return the comparison of a pair with mistakes on one or both sides."""
    torch, keras, shapes = PAIRS[faults[0].pair]
    files = {}
    for side in ("torch", "keras"):
        files[side] = folder / f"pairs_{side}.py"
        source = (HERE / f"pairs_{side}.py").read_text()
        files[side].write_text(source)
    for fault in faults:
        files[fault.side].write_text(fault.source)
    addresses = f"{files['torch']}:{torch}", f"{files['keras']}:{keras}"
    return compare_models(pair, addresses, shapes)


def judged(result: PairResult, faults: list[Mutant]) -> str:
    """Return `named`, `caught` or `missed`.

    Two mistakes that are the same on both sides are `equal`.
    """
    if result.verdict == "agree":
        sides = {fault.side for fault in faults}
        return "equal" if len(sides) == 2 and not result.tried else "missed"
    slugs = {each.slug for each in result.causes}
    named = all(not f.causes or slugs & f.causes for f in faults)
    return "named" if named else "caught"


def is_placed(result: PairResult, fault: Mutant) -> bool:
    """Return whether the first place that differs is that of a mistake.

    Where an operation is missing, it is the operation of the other side.
    """
    first = result.as_json()["first_place"]
    missing = {"missing_in_torch", "missing_in_keras", "operation_order"}
    if first is None:
        return False
    label = first[fault.side] or ""
    line = re.search(r":(\d+)\)", label)
    if line and int(line[1]) in fault.lines:
        return True
    return any(each.slug in missing for each in result.causes)


def main() -> int:
    """Run all mutants, and print what is not named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--two", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    every = list(mutants())
    runs = [[each] for each in every]
    if options.two:
        rng = random.Random(options.seed)  # noqa: S311 - not for secrets
        runs = []
        while len(runs) < options.two:
            one, other = rng.sample(every, 2)
            if one.pair == other.pair and one.side != other.side:
                runs.append([one, other])
    counts = {"named": 0, "caught": 0, "missed": 0, "equal": 0}
    counts |= {"refused": 0, "placed": 0}
    with WorkerPair() as pair, tempfile.TemporaryDirectory() as folder:
        for faults in runs:
            what = "; ".join(f"{f.side} {f.what}" for f in faults)
            try:
                result = compared(pair, Path(folder), faults)
            except SpecError as error:
                counts["refused"] += 1
                print(f"refused: {what}: {error}", flush=True)
                continue
            outcome = judged(result, faults)
            counts[outcome] += 1
            placed = any(is_placed(result, each) for each in faults)
            counts["placed"] += placed
            if not placed and outcome == "named":
                first = result.as_json()["first_place"]
                print(f"elsewhere: {what}: {first}", flush=True)
            if outcome not in ("named", "equal"):
                slugs = [each.slug for each in result.causes]
                rest = [each.slug for each in result.not_decided]
                print(f"{outcome}: {what}: {slugs} {rest}", flush=True)
    print(counts)
    return int(counts["missed"] > 0)


if __name__ == "__main__":
    sys.exit(main())
