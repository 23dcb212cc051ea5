"""A table of errors in specification files.

Each entry is one file that must be refused in one sentence, which names the
field. The command line's tests use the same table.
"""

from typing import NamedTuple

GOOD = """\
name: example
dialect: keras
data: {spiral: {}}
recipe:
  loss: cross_entropy
  optimizer: {adam: 0.001}
  batch_size: 32
  epochs: 2
arms:
  a: [{dense: 4}, relu, {dense: 3}]
"""

GOOD_JSON = """\
{"name": "example", "dialect": "keras", "data": {"spiral": {}},
 "recipe": {"loss": "cross_entropy", "optimizer": {"adam": 0.001},
            "batch_size": 32, "epochs": 2},
 "arms": {"a": [{"dense": 4}, "relu", {"dense": 3}]}}
"""


class Malformed(NamedTuple):
    """One file to refuse.

    Attributes:
        id: of the test.
        text: the content of the file; bytes where it is no text.
        suffix: of the file's name.
        field: exactly the field that is named; None where the message
            cannot quote it whole, or where either of two is right.
        says: a part of the message, such as the nearest name.
    """

    id: str
    text: str | bytes
    suffix: str
    field: str | None
    says: str = ""


def _edit(
    id: str,  # noqa: A002 - the column's name
    field: str | None,
    old: str,
    new: str,
    says: str = "",
) -> Malformed:
    """Change the valid file in one place."""
    assert old in GOOD, old
    return Malformed(id, GOOD.replace(old, new), ".yaml", field, says)


def _add(
    id: str,  # noqa: A002 - the column's name
    field: str | None,
    line: str,
    says: str = "",
) -> Malformed:
    """Add a line to the valid file."""
    return Malformed(id, f"{GOOD}{line}\n", ".yaml", field, says)


def _file(
    id: str,  # noqa: A002 - the column's name
    text: str | bytes,
    suffix: str = ".yaml",
    says: str = "",
) -> Malformed:
    """Return a file that is wrong as a whole."""
    return Malformed(id, text, suffix, "", says)


LONG = "x" * 1000
HUGE = "1" + "0" * 400
DENSE, RELU, LAST = "dense: 4", "relu", "dense: 3"
ARMS = "\n  a: [{dense: 4}, relu, {dense: 3}]"
ADAM, DATA, EPOCHS = "{adam: 0.001}", "{spiral: {}}", "epochs: 2"

LR = "recipe.optimizer.adam.lr"
UNITS = "arms.a[0].dense.units"
STOPPING = "epochs: 2\n  early_stopping: "

FILES = [
    _file("empty", "", says="mapping"),
    _file("blank", "\n\n  \n", says="mapping"),
    _file("comment", "# nothing yet\n", says="mapping"),
    _file("list", "- 1\n- 2\n", says="mapping"),
    _file("number", "3\n", says="mapping"),
    _file("sentence", "train me a network\n", says="mapping"),
    _file("binary", bytes(range(256)), says="UTF-8"),
    _file("utf-16", GOOD.encode("utf-16"), says="UTF-8"),
    _file("nul", GOOD + "\x00", says="YAML"),
    _file("bell", GOOD + "# \x07\n", says="YAML"),
    _file("tab", "name: x\n\tdata: 3\n", says="line 2"),
    _file("bracket", GOOD.replace("}]", "}"), says="YAML"),
    _file("quote", GOOD.replace("example", "'example"), says="YAML"),
    _file("colon", GOOD.replace("example", "a: b"), says="line 1"),
    _file("alias", GOOD.replace("example", "*example"), says="line 1"),
    _file("two_documents", f"{GOOD}---\n{GOOD}", says="YAML"),
    _file("twice", GOOD + "name: other\n", says="'name' stands twice"),
    _file(
        "twice_inside",
        GOOD.replace("{spiral: {}}", "{spiral: {}, test: 0.1, test: 0.2}"),
        says="'test' stands twice",
    ),
    _file("object", GOOD.replace("example", "!!python/object:os.x {}")),
    _file("date", GOOD.replace("example", "2020-99-99"), says="YAML"),
    _file("list_as_key", GOOD + "? [1]\n: 2\n", says="YAML"),
    _file("deep", GOOD.replace(RELU, "[" * 20_000 + "]" * 20_000)),
    _file("json-empty", "", ".json", "JSON"),
    _file("json-cut", GOOD_JSON[:-9], ".json", "JSON"),
    _file("json-yaml", GOOD, ".json", "JSON"),
    _file("json-list", "[1]", ".json", "mapping"),
    _file("json-null", "null", ".json", "mapping"),
    _file("json-binary", b"\xff\xfe{}", ".json", "UTF-8"),
    _file("json-comma", GOOD_JSON.replace("3}]", "3},]"), ".json", "JSON"),
    _file(
        "json-twice",
        GOOD_JSON.replace('{"name"', '{"name": "a", "name"'),
        ".json",
        "'name' stands twice",
    ),
    _file(
        "json-deep",
        GOOD_JSON.replace('"relu"', "[" * 20_000 + "]" * 20_000),
        ".json",
    ),
    Malformed(
        "json-nan", GOOD_JSON.replace("0.001", "NaN"), ".json", LR, "finite"
    ),
    Malformed(
        "json-text_for_number",
        GOOD_JSON.replace("0.001", '"0.001"'),
        ".json",
        LR,
        "expected a number",
    ),
]
"""Errors of the file as a whole; then those that only JSON can have."""

FIELDS = [
    _add("unknown", "recipie", "recipie: {}", "did you mean 'recipe'"),
    _edit(
        "unknown-inside",
        "recipe.batchsize",
        "batch_size",
        "batchsize",
        "'batchsize' is written 'batch_size' here",
    ),
    _add("unknown-yes", "True", "yes: 2"),
    _add("unknown-number", "1", "1: 2"),
    _add("unknown-long", None, f"{LONG}: 2"),
    _add("unknown-two_lines", None, '"a\\nb": 2'),
    _edit("missing-name", "name", "name: example\n", ""),
    _edit("missing-data", "data", "data: {spiral: {}}\n", ""),
    _edit("missing-arms", "arms", f"arms:{ARMS}\n", ""),
    _edit("missing-loss", "recipe.loss", "  loss: cross_entropy\n", ""),
    _edit("missing-epochs", "recipe.epochs", "  epochs: 2\n", ""),
    _edit("name-capitals", "name", "example", "My Example", "lower-case"),
    _edit("name-number", "name", "example", "3", "text"),
    _edit("name-two_lines", "name", "example", '"a\\nb"', "lower-case"),
    _edit("dialect", "dialect", "keras", "kears", "did you mean 'keras'"),
    _edit("dialect-list", "dialect", "keras", "[keras]"),
    _edit(
        "no_dialect", f"{LR[:-3]}.epsilon", "dialect: keras\n", "", "dialect"
    ),
    _edit("recipe-list", "recipe.optimizer", ADAM, "[adam]"),
    _add("claims-text", "claims", "claims: a.epochs > 1", "a list"),
]
"""The outermost fields."""

DATA_SETS = [
    _edit("data-two", "data", DATA, "{spiral: {}, digits: {}}", "exactly one"),
    _edit("data-none", "data", DATA, "{test: 0.2}", "exactly one"),
    _edit("data-null", "data", DATA, "", "mapping"),
    _edit("data-list", "data", DATA, "[spiral]", "mapping"),
    _edit("data-number", "data", DATA, "7", "mapping"),
    _edit(
        "data-unknown", "data", DATA, "{sprial: {}}", "did you mean 'spiral'"
    ),
    _edit(
        "data-option",
        "data.tset",
        DATA,
        "{spiral: {}, tset: 0.2}",
        "did you mean 'test'",
    ),
    _edit(
        "data-field",
        "data.spiral.sample",
        DATA,
        "{spiral: {sample: 100}}",
        "did you mean 'samples'",
    ),
    _edit("data-bare", "data.spiral", DATA, "{spiral: 100}"),
    _edit(
        "validation-word",
        "data.validation",
        DATA,
        "{spiral: {}, validation: tset}",
        "expected a number or 'test'; did you mean 'test'",
    ),
    _edit(
        "validation-no_test",
        "data",
        DATA,
        "{spiral: {}, test: 0, validation: test}",
        "there is no test part",
    ),
    _add(
        "replay-field",
        "replay.sed",
        "replay: {sed: 42}",
        "did you mean 'seed'",
    ),
    _add("replay-seed", "replay.seed", "replay: {seed: -1}", "at least 0"),
    _add("replay-number", "replay", "replay: 42", "mapping"),
    _edit(
        "points-ragged",
        "data.points.x[1]",
        DATA,
        "{points: {x: [[1, 2], [3]], y: [1, 2]}}",
        "got 1 number, but the first sample has 2",
    ),
    _edit(
        "points-lengths",
        "data.points.y",
        DATA,
        "{points: {x: [[1], [3]], y: [1]}}",
        "got 1 target for 2 samples",
    ),
    _edit(
        "points-label",
        "data.points.y[1]",
        DATA,
        "{points: {x: [[1], [3]], y: [0, 2], classes: 2}}",
        "got 2, expected the number of one of 2 classes, 0 to 1",
    ),
    _edit(
        "points-half_label",
        "data.points.y[0]",
        DATA,
        "{points: {x: [[1], [3]], y: [0.5, 1], classes: 2}}",
        "got 0.5",
    ),
    _edit(
        "points-text",
        "data.points.x[0][0]",
        DATA,
        "{points: {x: [[a], [3]], y: [0, 1]}}",
        "expected a number",
    ),
    _edit(
        "sine-range",
        "data.sine",
        DATA,
        "{sine: {low: 1, high: 0}}",
        "expected a finite one that rises",
    ),
    _edit(
        "noise-scale",
        "data.noise.scale",
        DATA,
        "{noise: {scale: 0}}",
        "above 0",
    ),
    _edit(
        "linear-test_samples",
        "data.linear.test_samples",
        DATA,
        "{linear: {test_samples: -1}}",
        "at least 0",
    ),
    _edit("test-one", "data.test", DATA, "{spiral: {}, test: 1}"),
    _edit("test-negative", "data.test", DATA, "{spiral: {}, test: -0.1}"),
    _edit("test-nan", "data.test", DATA, "{spiral: {}, test: .nan}"),
    _edit("test-text", "data.test", DATA, "{spiral: {}, test: '0.2'}"),
    _edit("test-percent", "data.test", DATA, "{spiral: {}, test: 20%}"),
    _edit(
        "stratify",
        "data.stratify",
        DATA,
        "{spiral: {}, stratify: false}",
        "'split'",
    ),
    _edit(
        "split",
        "data.split",
        DATA,
        "{spiral: {}, split: lats}",
        "did you mean 'last'",
    ),
    _edit(
        "split-shuffle",
        "data.shuffle",
        DATA,
        "{spiral: {}, shuffle: false}",
        "'shuffle: never' in 'recipe'",
    ),
    _edit(
        "target_scaling-class",
        "data.target_scaling",
        DATA,
        "{spiral: {}, target_scaling: standardize}",
        "the target is a class",
    ),
    _edit(
        "target-inputs_scaled",
        "data.target_scaling",
        DATA,
        "{digits: {}, target: inputs, target_scaling: standardize}",
        "the target is the input, which has the field 'scaling'",
    ),
    _edit(
        "target-inputs_that_are_ids",
        "data.target",
        DATA,
        "{noise: {sides: [4], tokens: 5}, target: inputs}",
        "the samples are token ids",
    ),
    _edit(
        "target-inputs_of_a_classifier",
        "recipe.loss",
        DATA,
        "{spiral: {}, target: inputs}",
        "use a loss of a difference, such as 'mean_squared_error'",
    ),
    _edit(
        "target_scaling-normalize",
        "data.target_scaling",
        DATA,
        "{sine: {}, target_scaling: normalize}",
        "expected one of: min_max, none, standardize, symmetric",
    ),
    _edit(
        "class_of_one",
        "data.split",
        DATA,
        "{points: {x: [[1], [2], [3], [4], [5], [6], [7], [8], [9], [10]], "
        "y: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1], classes: 2}}",
        "class 1 has a single sample",
    ),
    _edit(
        "table-missing",
        "data.table.file",
        DATA,
        "{table: {file: nowhere/none.csv, target: y}}",
        "there is no folder",
    ),
    _edit(
        "table-classes_text",
        "data.table.classes",
        DATA,
        "{table: {file: none.csv, classes: three}}",
        "expected a whole number",
    ),
    _edit(
        "table-classes_booleans",
        "data.table.classes",
        DATA,
        "{table: {file: none.csv, classes: [no, yes]}}",
        "put the names into quotes",
    ),
    _edit(
        "table-classes_twice",
        "data.table.classes",
        DATA,
        "{table: {file: none.csv, classes: [a, b, a]}}",
        "'a' stands twice",
    ),
    _edit(
        "table-classes_one",
        "data.table.classes",
        DATA,
        "{table: {file: none.csv, classes: [a]}}",
    ),
    _edit(
        "table-channels",
        "data.table.channels",
        DATA,
        "{table: {file: none.npz, channels: frist}}",
        "did you mean 'first'",
    ),
    _edit("seed", "data.seed", DATA, "{spiral: {}, seed: -1}"),
    _edit("seed-half", "data.seed", DATA, "{spiral: {}, seed: 0.5}"),
    _edit(
        "scaling",
        "data.scaling",
        DATA,
        "{spiral: {}, scaling: standardise}",
        "'standardise' is written 'standardize' here",
    ),
    _edit(
        "scaling-without_numbers",
        "data.scaling.normalize.mean",
        DATA,
        "{digits: {}, scaling: normalize}",
        "is missing",
    ),
    _edit(
        "scaling-mapping",
        "data.scaling",
        DATA,
        "{spiral: {}, scaling: {normalise: {mean: 0, deviation: 1}}}",
        "did you mean 'normalize'",
    ),
    _edit(
        "scaling-deviation",
        "data.scaling.normalize.deviation",
        DATA,
        "{spiral: {}, scaling: {normalize: {mean: 0, deviation: 0}}}",
        "above 0",
    ),
    _edit(
        "classes-one", "data.spiral.classes", DATA, "{spiral: {classes: 1}}"
    ),
    _edit(
        "samples-none", "data.spiral.samples", DATA, "{spiral: {samples: 0}}"
    ),
    _edit(
        "samples-few", "data", DATA, "{spiral: {samples: 5}}", "split: random"
    ),
    _edit("samples-two", "data", DATA, "{spiral: {samples: 2}}", "train"),
    _edit(
        "samples-huge",
        "data.spiral.samples",
        DATA,
        f"{{spiral: {{samples: {HUGE}}}}}",
    ),
    _edit(
        "copies-huge", "data.xor.copies", DATA, f"{{xor: {{copies: {HUGE}}}}}"
    ),
    _edit(
        "moons-one",
        "data.moons_circles.samples",
        DATA,
        "{moons_circles: {samples: 1}}",
        "at least 2",
    ),
    _edit(
        "circles-factor",
        "data.moons_circles.factor",
        DATA,
        "{moons_circles: {factor: 1}}",
        "below 1",
    ),
    _edit(
        "noise", "data.spiral.noise", DATA, "{spiral: {noise: -0.1}}", "least"
    ),
    _edit(
        "coefficients-none",
        "data.polynomial.coefficients",
        DATA,
        "{polynomial: {coefficients: []}}",
        "at least one",
    ),
    _edit(
        "coefficients-flag",
        "data.polynomial.coefficients[1]",
        DATA,
        "{polynomial: {coefficients: [1, true]}}",
    ),
]

RECIPES = [
    _edit("lr-zero", LR, ADAM, "{adam: 0}", "above 0"),
    _edit("lr-negative", LR, ADAM, "{adam: -1}", "above 0"),
    _edit("lr-nan", LR, ADAM, "{adam: .nan}", "finite"),
    _edit("lr-infinite", LR, ADAM, "{adam: .inf}", "finite"),
    _edit("lr-overflow", LR, ADAM, "{adam: 1e999}", "finite"),
    _edit("lr-huge", LR, ADAM, f"{{adam: {HUGE}}}"),
    _edit("lr-flag", LR, ADAM, "{adam: true}", "a number"),
    _edit("lr-text", LR, ADAM, "{adam: '0.001'}", "a number"),
    _edit("lr-list", LR, ADAM, "{adam: [0.001]}", "a number"),
    _edit("beta", "recipe.optimizer.adam.beta_1", ADAM, "{adam: {beta_1: 1}}"),
    _edit(
        "placement",
        "recipe.optimizer.adam.epsilon_placement",
        ADAM,
        "{adam: {epsilon_placement: epsilonhat}}",
        "did you mean 'epsilon_hat'",
    ),
    _edit(
        "optimizer-unknown",
        "recipe.optimizer",
        ADAM,
        "{adamm: 0.001}",
        "did you mean 'adam'",
    ),
    _edit("optimizer-two", "recipe.optimizer", ADAM, "{adam: 1, sgd: 1}"),
    _edit("optimizer-null", "recipe.optimizer", ADAM, "null"),
    _edit("optimizer-long", "recipe.optimizer", ADAM, LONG),
    _edit(
        "optimizer-field",
        "recipe.optimizer.adam.momentum",
        ADAM,
        "{adam: {momentum: 0.9}}",
    ),
    _edit(
        "nesterov",
        "recipe.optimizer.sgd",
        ADAM,
        "{sgd: {lr: 1, nesterov: true}}",
        "momentum",
    ),
    _edit(
        "momentum",
        "recipe.optimizer.sgd.momentum",
        ADAM,
        "{sgd: {momentum: 1.0}}",
    ),
    _edit(
        "rmsprop-placement",
        "recipe.optimizer.rmsprop.epsilon_placement",
        ADAM,
        "{rmsprop: {epsilon_placement: outside}}",
        "outside_root",
    ),
    _edit(
        "adamw-coupled",
        "recipe.optimizer.adamw.decay",
        ADAM,
        "{adamw: {decay: coupled}}",
    ),
    _edit(
        "decay-negative",
        "recipe.optimizer.adam.weight_decay",
        ADAM,
        "{adam: {weight_decay: -0.1}}",
        "least",
    ),
    _edit(
        "decay_applies_to",
        "recipe.optimizer.sgd.decay_applies_to",
        ADAM,
        "{sgd: {decay_applies_to: kernel}}",
        "did you mean 'kernels'",
    ),
    _edit(
        "accumulator",
        "recipe.optimizer.adagrad.initial_accumulator",
        ADAM,
        "{adagrad: {initial_accumulator: -1}}",
    ),
    _edit(
        "penalty-nothing",
        "recipe.penalty",
        EPOCHS,
        "epochs: 2\n  penalty: {l1: 0}",
        "leave the penalty out",
    ),
    _edit(
        "penalty-negative",
        "recipe.penalty.l2",
        EPOCHS,
        "epochs: 2\n  penalty: {l2: -1}",
    ),
    _edit(
        "penalty-form",
        "recipe.penalty.form",
        EPOCHS,
        "epochs: 2\n  penalty: {l2: 1, form: halve}",
        "'halve' is written 'half' here",
    ),
    _edit(
        "clipping-unknown",
        "recipe.clipping",
        EPOCHS,
        "epochs: 2\n  clipping: {by_globalnorm: 1}",
        "'by_globalnorm' is written 'by_global_norm' here",
    ),
    _edit(
        "clipping-zero",
        "recipe.clipping.by_norm.limit",
        EPOCHS,
        "epochs: 2\n  clipping: {by_norm: 0}",
        "above 0",
    ),
    _edit(
        "clipping-missing",
        "recipe.clipping.by_value.limit",
        EPOCHS,
        "epochs: 2\n  clipping: by_value",
        "missing",
    ),
    _edit(
        "group-layer",
        "recipe.groups[0].layers[0]",
        EPOCHS,
        "epochs: 2\n  groups: [{layers: [conv_1], lr_factor: 0.1}]",
        "a layer of arm 'a' with parameters: dense_1",
    ),
    _edit(
        "group-no-difference",
        "recipe.groups[0]",
        EPOCHS,
        "epochs: 2\n  groups: [{layers: [dense_1]}]",
        "neither an lr_factor nor a weight_decay",
    ),
    _edit(
        "group-of-nothing",
        "recipe.groups[0].layers",
        EPOCHS,
        "epochs: 2\n  groups: [{layers: [], lr_factor: 0.1}]",
    ),
    _edit(
        "group-twice",
        "recipe.groups[1]",
        EPOCHS,
        "epochs: 2\n  groups: [{parameters: kernels, lr_factor: 0.1}, "
        "{layers: [dense_1], lr_factor: 2}]",
        "dense_1/kernel, which is in groups[0]",
    ),
    _edit(
        "group-decay",
        "recipe",
        EPOCHS,
        "epochs: 2\n  groups: [{layers: [dense_1], weight_decay: 0.1}]",
        "but the optimizer has none",
    ),
    _edit(
        "accumulation-one",
        "recipe.accumulation.batches",
        EPOCHS,
        "epochs: 2\n  accumulation: {batches: 1}",
    ),
    _edit(
        "accumulation-reduction",
        "recipe.accumulation.reduction",
        EPOCHS,
        "epochs: 2\n  accumulation: {batches: 2, reduction: average}",
    ),
    _edit(
        "smoothing-one",
        "recipe.loss.cross_entropy.label_smoothing",
        "cross_entropy",
        "{cross_entropy: {label_smoothing: 1}}",
    ),
    _edit("batch-zero", "recipe.batch_size", ": 32", ": 0"),
    _edit("batch-flag", "recipe.batch_size", ": 32", ": true"),
    _edit("batch-half", "recipe.batch_size", ": 32", ": 0.5"),
    _edit("batch-word", "recipe.batch_size", ": 32", ": ful", "'full'"),
    _edit("epochs-zero", "recipe.epochs", EPOCHS, "epochs: 0"),
    _edit("epochs-half", "recipe.epochs", EPOCHS, "epochs: 2.5"),
    _edit("epochs-text", "recipe.epochs", EPOCHS, "epochs: '2'"),
    _edit(
        "last_batch",
        "recipe.last_batch",
        EPOCHS,
        "epochs: 2\n  last_batch: keeep",
        "did you mean 'keep'",
    ),
    _edit("shuffle", "recipe.shuffle", EPOCHS, "epochs: 2\n  shuffle: true"),
    _edit(
        "schedule-unknown",
        "recipe.schedule",
        EPOCHS,
        "epochs: 2\n  schedule: {cosin: 4}",
        "did you mean 'cosine'",
    ),
    _edit(
        "schedule-every",
        "recipe.schedule.step_decay.every",
        EPOCHS,
        "epochs: 2\n  schedule: {step_decay: {every: 0, by: 0.5}}",
    ),
    _edit(
        "schedule-missing",
        "recipe.schedule.cosine.steps",
        EPOCHS,
        "epochs: 2\n  schedule: cosine",
        "missing",
    ),
    _edit(
        "schedule-milestones",
        "recipe.schedule.multi_step",
        EPOCHS,
        "epochs: 2\n  schedule: {multi_step: {at: [5, 5], by: 0.5}}",
        "rising",
    ),
    _edit(
        "schedule-no_milestone",
        "recipe.schedule.multi_step.at",
        EPOCHS,
        "epochs: 2\n  schedule: {multi_step: {at: [], by: 0.5}}",
        "at least one",
    ),
    _edit(
        "schedule-boundary",
        "recipe.schedule.multi_step.boundary",
        EPOCHS,
        "epochs: 2\n  schedule: {multi_step: {at: [5], by: 0.5, boundary: 1}}",
        "first_new",
    ),
    _edit(
        "schedule-rising",
        "recipe.schedule.exponential.by",
        EPOCHS,
        "epochs: 2\n  schedule: {exponential: 1.1}",
        "at most 1",
    ),
    _edit(
        "schedule-k",
        "recipe.schedule.inverse_time.k",
        EPOCHS,
        "epochs: 2\n  schedule: {inverse_time: 0}",
    ),
    _edit(
        "schedule-end",
        "recipe.schedule.polynomial_decay.end",
        EPOCHS,
        "epochs: 2\n  schedule: {polynomial_decay: {steps: 9, end: -1}}",
    ),
    _edit(
        "schedule-per",
        "recipe.schedule.cosine.per",
        EPOCHS,
        "epochs: 2\n  schedule: {cosine: {steps: 9, per: epochs}}",
        "did you mean 'epoch'",
    ),
    _edit(
        "schedule-peak",
        "recipe.schedule.one_cycle",
        EPOCHS,
        "epochs: 2\n  schedule: {one_cycle: 3}",
        "more than one step",
    ),
    _edit(
        "loss-unknown",
        "recipe.loss",
        "cross_entropy",
        "crossentropy",
        "'crossentropy' is written 'cross_entropy' here",
    ),
    _edit(
        "loss-two_classes",
        "recipe.loss",
        "cross_entropy",
        "binary_cross_entropy",
    ),
    _edit("loss-classes", "recipe.loss", DATA, "{polynomial: {}}"),
    _edit("stopping-number", "recipe.early_stopping", EPOCHS, f"{STOPPING}3"),
    _edit(
        "stopping-negative",
        "recipe.early_stopping.patience",
        EPOCHS,
        f"{STOPPING}{{patience: -1}}",
    ),
    _edit(
        "stopping-counting",
        "recipe.early_stopping.counting",
        EPOCHS,
        f"{STOPPING}{{patience: 1, counting: exceed}}",
        "did you mean 'exceeds'",
    ),
    _edit(
        "stopping-baseline",
        "recipe.early_stopping.baseline",
        EPOCHS,
        f"{STOPPING}{{patience: 1, baseline: low}}",
    ),
    _edit(
        "plateau-by",
        "recipe.plateau.by",
        EPOCHS,
        "epochs: 2\n  plateau: {by: 1.0}",
        "below 1",
    ),
    _edit(
        "plateau-threshold",
        "recipe.plateau",
        EPOCHS,
        "epochs: 2\n  plateau: {threshold_mode: relative, threshold: 2}",
        "less than 1",
    ),
    _edit(
        "plateau-seldom",
        "recipe.evaluate_every",
        EPOCHS,
        "epochs: 2\n  evaluate_every: 2\n  plateau: {}",
        "plateau needs an evaluation",
    ),
    _edit(
        "checkpoint-monitor",
        "recipe.checkpoint",
        EPOCHS,
        "epochs: 2\n  checkpoint: best",
        "validation_loss",
    ),
    _edit(
        "checkpoint-twice",
        "recipe.checkpoint",
        EPOCHS,
        f"{STOPPING}{{patience: 1, restore_best: true}}\n"
        "  checkpoint: validation_loss",
        "use one of them",
    ),
    _edit(
        "stopping-monitor",
        "recipe.early_stopping.monitor",
        EPOCHS,
        f"{STOPPING}{{patience: 1, monitor: val_loss}}",
        "validation_loss",
    ),
    _edit(
        "stopping-no_validation",
        "recipe.early_stopping",
        GOOD[GOOD.index("data") :],
        GOOD[GOOD.index("data") :]
        .replace(DATA, "{spiral: {}, validation: 0}")
        .replace(EPOCHS, f"{STOPPING}{{patience: 1}}"),
        "data.validation is 0",
    ),
    _edit(
        "stopping-seldom",
        "recipe.evaluate_every",
        EPOCHS,
        f"evaluate_every: 0\n  {STOPPING}{{patience: 1}}",
    ),
]

NETWORKS = [
    _edit("arms-none", "arms", ARMS, " {}", "at least one"),
    _edit("arms-list", "arms", ARMS, " [[{dense: 3}]]", "mapping"),
    _edit("arm-none", "arms.a", ARMS, "\n  a: []", "at least one"),
    _edit("arm-null", "arms.a", ARMS, "\n  a:", "a list"),
    _edit("arm-word", "arms.a", ARMS, "\n  a: relu", "a list"),
    _edit(
        "arm-mapping",
        "arms.a.dense",
        ARMS,
        "\n  a: {dense: 3}",
        "'dense' is a layer, written in a list of layers",
    ),
    _edit(
        "frozen-without_list",
        "arms.a[0].frozen.dense",
        ARMS,
        "\n  a: [{frozen: {dense: 4}}, {dense: 3}]",
        "written in a list of layers; allowed here: batch_norm, layers",
    ),
    _edit(
        "arm-own_recipe",
        "arms.a.recipe.batch_size",
        ARMS,
        "\n  a: {layers: [{dense: 3}], recipe: {batch_size: none}}",
        "'full'",
    ),
    _edit(
        "arm-own_loss",
        "arms.a.recipe.loss",
        ARMS,
        "\n  a: {layers: [{dense: 3}], recipe: {loss: binary_cross_entropy}}",
        "the target of",
    ),
    _edit(
        "arm-own_layer",
        "arms.a.layers[0].dense.units",
        ARMS,
        "\n  a: {layers: [{dense: -3}]}",
        "at least 1",
    ),
    _edit(
        "arm-own_data",
        "arms.a.data",
        ARMS,
        "\n  a: {layers: [{dense: 3}], data: {nois: 1}}",
    ),
    _edit("arm-capitals", "arms.A", "\n  a:", "\n  A:", "lower-case"),
    _edit("arm-long", None, "\n  a:", f"\n  {'A' * 1000}:"),
    _edit("arm-two_lines", None, "\n  a:", '\n  "a\\nb":'),
    # Names that pydantic also uses internally.
    _edit(
        "arm-source",
        "arms.source[0].dense.units",
        "\n  a: [{dense: 4}",
        "\n  source: [{dense: -4}",
    ),
    _edit(
        "arm-int",
        "arms.int[0].dense.units",
        "\n  a: [{dense: 4}",
        "\n  int: [{dense: -4}",
    ),
    _edit("layer-unknown", "arms.a[1]", RELU, "rleu", "did you mean 'relu'"),
    _edit("layer-missing", "arms.a[1]", RELU, "{conv: 3}", "'conv2d' here"),
    _edit("layer-long", "arms.a[1]", RELU, LONG),
    _edit("layer-null", "arms.a[1]", RELU, "null"),
    _edit("layer-number", "arms.a[1]", RELU, "12"),
    _edit("layer-list", "arms.a[1]", RELU, "[relu]"),
    _edit("layer-two", "arms.a[1]", RELU, "{dense: 3, relu: null}"),
    _edit("layer-nested", "arms.a[1]", RELU, "[" * 100 + "]" * 100),
    _edit("layer-value", "arms.a[1].relu", RELU, "{relu: 3}", "no bare value"),
    _edit("layer-field", "arms.a[1].relu.slope", RELU, "{relu: {slope: 1}}"),
    _edit(
        "leaky_relu-slope",
        "arms.a[1].leaky_relu.slope",
        RELU,
        "{leaky_relu: -0.1}",
    ),
    _edit("elu-alpha", "arms.a[1].elu.alpha", RELU, "{elu: 0}"),
    _edit("swish-beta", "arms.a[1].swish.beta", RELU, "{swish: '1'}"),
    _edit(
        "gelu-form",
        "arms.a[1].gelu.form",
        RELU,
        "{gelu: tahn}",
        "did you mean 'tanh'",
    ),
    _edit(
        "formula-none",
        "arms.a[1].custom.formula",
        RELU,
        "custom",
        "missing",
    ),
    _edit("formula-one", "arms.a[1].custom.formula", RELU, "{custom: 3}"),
    _edit("formula-list", "arms.a[1].custom.formula", RELU, "{custom: [x]}"),
    _edit("units-none", UNITS, "{dense: 4}", "dense", "missing"),
    _edit("units-zero", UNITS, DENSE, "dense: 0"),
    _edit("units-negative", UNITS, DENSE, "dense: -4"),
    _edit("units-flag", UNITS, DENSE, "dense: true", "whole number"),
    _edit("units-half", UNITS, DENSE, "dense: 4.5", "whole number"),
    _edit("units-float", UNITS, DENSE, "dense: 4.0", "whole number"),
    _edit("units-text", UNITS, DENSE, "dense: '4'", "whole number"),
    _edit(
        "units-misspelt",
        "arms.a[0].dense.unit",
        DENSE,
        "dense: {unit: 4}",
        "did you mean 'units'",
    ),
    _edit(
        "bias",
        "arms.a[0].dense.bias",
        DENSE,
        "dense: {units: 4, bias: 0}",
        "true or false",
    ),
    _edit(
        "initializer",
        "arms.a[0].dense.kernel_initializer",
        DENSE,
        "dense: {units: 4, kernel_initializer: he_unifrom}",
        "did you mean 'he_uniform'",
    ),
    _edit(
        "initializer-stddev",
        "arms.a[0].dense.kernel_initializer.normal.stddev",
        DENSE,
        "dense: {units: 4, kernel_initializer: {normal: -1}}",
    ),
    _edit(
        "initializer-constant",
        "arms.a[0].dense.kernel_initializer.constant.value",
        DENSE,
        "dense: {units: 4, kernel_initializer: constant}",
        "missing",
    ),
    _edit(
        "initializer-range",
        "arms.a[0].dense.kernel_initializer.uniform",
        DENSE,
        "dense: {units: 4, kernel_initializer: {uniform: {low: 0.1}}}",
        "expected low below high",
    ),
    _edit(
        "initializer-range_infinite",
        "arms.a[0].dense.kernel_initializer.uniform",
        DENSE,
        "dense: {units: 4, kernel_initializer: "
        "{uniform: {low: -1e308, high: 1e308}}}",
        "expected low below high",
    ),
    _edit(
        "initializer-bounds",
        "arms.a[0].dense.kernel_initializer.truncated_normal.bounds",
        DENSE,
        "dense: {units: 4, kernel_initializer: "
        "{truncated_normal: {bounds: deviation}}}",
        "did you mean 'deviations'",
    ),
    _edit(
        "initializer-outside",
        "arms.a[0].dense.kernel_initializer.truncated_normal",
        DENSE,
        "dense: {units: 4, kernel_initializer: "
        "{truncated_normal: {mean: 3, bounds: absolute}}}",
        "the bounds are ±2",
    ),
    _edit(
        "initializer-gain",
        "arms.a[0].dense.kernel_initializer.orthogonal.gain",
        DENSE,
        "dense: {units: 4, kernel_initializer: {orthogonal: 0}}",
        "above 0",
    ),
    _edit(
        "initializer-bias_orthogonal",
        "arms.a[0].dense.bias_initializer",
        DENSE,
        "dense: {units: 4, bias_initializer: orthogonal}",
    ),
    _edit(
        "initializer-bias",
        "arms.a[0].dense.bias_initializer",
        DENSE,
        "dense: {units: 4, bias_initializer: glorot_normal}",
    ),
    *(
        _edit(f"conv2d-{name}", f"arms.a[1].conv2d{field}", RELU, text, says)
        for name, field, text, says in (
            ("no_size", ".size", "{conv2d: 8}", "missing"),
            (
                "size_zero",
                ".size",
                "{conv2d: {filters: 8, size: [3, 0]}}",
                "at least 1",
            ),
            (
                "size_three",
                ".size",
                "{conv2d: {filters: 8, size: [3, 3, 3]}}",
                "height and width",
            ),
            (
                "stride_text",
                ".stride",
                "{conv2d: {filters: 8, size: 3, stride: '2'}}",
                "whole number",
            ),
            (
                "padding_misspelt",
                ".padding",
                "{conv2d: {filters: 8, size: 3, padding: smae}}",
                "did you mean 'same'",
            ),
            (
                "padding_number",
                ".padding",
                "{conv2d: {filters: 8, size: 3, padding: 1}}",
                "one element",
            ),
            (
                "padding_bare",
                ".padding.symmetric.by",
                "{conv2d: {filters: 8, size: 3, padding: symmetric}}",
                "missing",
            ),
            (
                "padding_negative",
                ".padding.symmetric.by",
                "{conv2d: {filters: 8, size: 3, padding: {symmetric: -1}}}",
                "at least 0",
            ),
            (
                "groups",
                ".groups",
                "{conv2d: {filters: 8, size: 3, groups: 0}}",
                "at least 1",
            ),
        )
    ),
    _edit(
        "depthwise-fan_in",
        "arms.a[1].depthwise_conv2d.fan_in",
        RELU,
        "{depthwise_conv2d: {size: 3, fan_in: all}}",
        "one of",
    ),
    _edit("pool-no_size", "arms.a[1].max_pool.size", RELU, "max_pool"),
    _edit("pool-none", "arms.a[1].max_pool.size", RELU, "{max_pool: 0}"),
    _edit(
        "pool-count",
        "arms.a[1].max_pool.count_padding",
        RELU,
        "{max_pool: {size: 2, count_padding: true}}",
    ),
    _edit(
        "pool-global",
        "arms.a[1].global_max_pool",
        RELU,
        "{global_max_pool: 2}",
        "no bare value",
    ),
    _edit(
        "axes",
        "arms.a[1].layer_norm.axes",
        RELU,
        "{layer_norm: {axes: channel}}",
        "'channel' is written 'channels' here",
    ),
    _edit(
        "slopes",
        "arms.a[1].prelu.slopes",
        RELU,
        "{prelu: {slopes: shared}}",
        "one of",
    ),
    _edit("rate-one", "arms.a[1].dropout.rate", RELU, "{dropout: 1}"),
    _edit("rate-negative", "arms.a[1].dropout.rate", RELU, "{dropout: -0.5}"),
    _edit(
        "order",
        "arms.a[1].flatten.order",
        RELU,
        "{flatten: channel_first}",
        "'channel_first' is written 'channels_first' here",
    ),
    _edit("width", "arms.a", LAST, "dense: 2", "needs (3,)"),
    _edit(
        "softmax-axis",
        "arms.a[1]",
        RELU,
        "{softmax: width}",
        "samples of shape (4,) have only: channels",
    ),
    _edit(
        "softmax-axis_unknown",
        "arms.a[1].softmax.axis",
        RELU,
        "{softmax: chanels}",
        "did you mean 'channels'",
    ),
    _edit(
        "concatenate-axis",
        "arms.a[1]",
        RELU,
        "{concatenate: {branches: [[], []], axis: height}}",
        "have only: channels",
    ),
    _edit(
        "layer_norm-axes",
        "arms.a[1]",
        RELU,
        "{layer_norm: {axes: positions}}",
        "have only: channels",
    ),
    Malformed(
        "nothing-learnt",
        GOOD.replace("{spiral: {}}", "{spiral: {classes: 2}}").replace(
            ARMS, "\n  a: [softplus]"
        ),
        ".yaml",
        "arms.a",
        "no trainable parameters",
    ),
    Malformed(
        "width-one_hot",
        GOOD.replace("cross_entropy", "mean_squared_error").replace(
            LAST, "dense: 1"
        ),
        ".yaml",
        "arms.a",
        "needs (3,), a number for each of its classes",
    ),
    _edit("image", "arms.a[0]", "spiral", "digits", "flatten"),
]

FORMULA = "arms.a[1].custom.formula"


def _formula(
    id: str,  # noqa: A002 - the column's name
    formula: str,
    says: str = "",
) -> Malformed:
    """Put an invalid formula into the valid file."""
    written = f'{{custom: "{formula}"}}'
    return _edit(f"formula-{id}", FORMULA, RELU, written, says)


FORMULAS = [
    _formula("empty", "", "no formula"),
    _formula("blank", "  ", "no formula"),
    _formula("cut", "x * tanh(", "no formula at character 9"),
    _formula("two", "x; x", "no formula at character 2"),
    _formula("assigned", "y = x", "no formula"),
    _formula("times_left_out", "2x", "no formula"),
    _formula("nul", "x\\0", "no formula"),
    _formula("comment", "x # twice", "no comment"),
    _formula("unknown", "y * 2", "expected only numbers, x"),
    _formula("misspelt", "x * tahn(x)", "did you mean 'tanh'"),
    _formula("misspelt_constant", "x + pie", "expected only numbers"),
    _formula("max", "max(x, 0)", "'max' is written 'maximum' here"),
    _formula("no_call", "x * tanh", "'tanh' without its arguments"),
    _formula("call_of_x", "x(3)", "expected one of the functions"),
    _formula("call_of_number", "2(x)", "got '2(x)'"),
    _formula("attribute", "x.real", "got 'x.real'"),
    _formula("method", "x.sum()", "got 'x.sum()'"),
    _formula("module", "np.tanh(x)", "got 'np.tanh(x)'"),
    _formula("import", "__import__('os').getcwd()", "expected only"),
    _formula("builtin", "eval('x')", "expected one of the functions"),
    _formula("class", "().__class__", "expected only"),
    _formula("subscript", "x[0]", "got 'x[0]'"),
    _formula("lambda", "(lambda y: y)(x)", "expected only"),
    _formula("comprehension", "[x for x in x]", "expected only"),
    _formula("text", "x * 'a'", "expected only"),
    _formula("format", "f'{x}'", "expected only"),
    _formula("walrus", "(y := x)", "expected only"),
    _formula("condition", "x if x > 0 else 0", "expected only"),
    _formula("comparison", "x * (x > 0)", "got 'x > 0'"),
    _formula("flag", "x * True", "got 'True'"),
    _formula("imaginary", "x * 1j", "got '1j'"),
    _formula("ellipsis", "x + ...", "expected only"),
    _formula("remainder", "x % 2", "got 'x % 2'"),
    _formula("floor", "x // 2", "got 'x // 2'"),
    _formula("caret", "x ^ 2", "a power is written **"),
    _formula("not", "~x", "got '~x'"),
    _formula("one_of_two", "maximum(x)", "expected 2"),
    _formula("two_of_one", "tanh(x, 2)", "expected 1"),
    _formula("none_of_one", "x + tanh()", "got 0 arguments"),
    _formula("keyword", "tanh(x=x)", "expected only"),
    _formula("starred", "maximum(*x)", "expected 2"),
    _formula("starred_one", "tanh(*x)", "got '*x'"),
    _formula("tower", "x * 9**9**9**9", "expected a finite number"),
    _formula("tower_of_x", "x**x**x**9**9", "expected"),
    _formula("huge", "x + 1e999", "expected a finite number"),
    _formula("huge_power", "x ** 1000", "is inf"),
    _formula("constant_division", "x + 1 / 0", "expected a finite number"),
    _formula("constant_log", "x + log(-1)", "'log(-1)' is nan"),
    _formula("long", "x" + " + x" * 60, "expected at most 200"),
    _formula("deep", "-" * 150 + "x", "deep"),
    _formula("brackets", "[" * 150 + "]" * 150, "expected"),
    _formula("parentheses", "(" * 100 + "x", "no formula"),
    _formula("pole", "1 / x", "x = 0 is inf"),
    _formula("pole_elsewhere", "1 / (x - 1.5)", "x = 1.5 is inf"),
    _formula("no_value_at_zero", "log(abs(x))", "x = 0 is -inf"),
    _formula("no_value_below_zero", "log(x)", "x = 0 is -inf"),
    _formula("no_value_elsewhere", "sqrt(x + 2)", "is nan"),
    _formula("no_slope_at_zero", "sqrt(abs(x))", "the slope of"),
    _formula("no_slope_elsewhere", "abs(x - 1) ** 0.5", "x = 1 is"),
    _formula("zero_by_zero", "sin(x) / x", "x = 0 is nan"),
    _formula("overflow", "exp(exp(exp(x)))", "expected finite"),
    _formula("number", "3", "does not depend on x"),
    _formula("constants", "sqrt(2 / pi) + e", "does not depend on x"),
    _formula("cancelled", "x - x", "it is 0 for all x"),
    _formula("flat", "0 * x + 1", "it is 1 for all x"),
]

# A network on images of 8 × 8 with 1 channel.
LOOKING = GOOD.replace("spiral", "digits").replace(
    f"{{{DENSE}}}, relu, {{{LAST}}}", "LAYER, flatten, {dense: 10}"
)

IMAGES = [
    Malformed(
        f"image-{name}",
        LOOKING.replace("LAYER", ", ".join([*before, layer])),
        ".yaml",
        f"arms.a[{len(before)}]",
        says,
    )
    for name, *before, layer, says in (
        (
            "flat",
            "flatten",
            "{conv2d: {filters: 2, size: 3}}",
            "expected images",
        ),
        ("flat_pool", "flatten", "{max_pool: 2}", "expected images"),
        ("flat_global", "flatten", "global_average_pool", "no positions"),
        (
            "window",
            "{conv2d: {filters: 2, size: 9}}",
            "larger than",
        ),
        (
            "dilated_window",
            "{conv2d: {filters: 2, size: 5, dilation: 2}}",
            "(9, 9) is larger",
        ),
        ("pool", "{average_pool: [9, 1]}", "larger than"),
        (
            "pool_padding",
            "{max_pool: {size: 2, padding: {symmetric: 2}}}",
            "nothing but padding",
        ),
        (
            "groups_channels",
            "{conv2d: {filters: 2, size: 3, groups: 2}}",
            "1 channel into 2 groups",
        ),
        (
            "groups_filters",
            "{conv2d: {filters: 2, size: 1}}",
            "{conv2d: {filters: 3, size: 3, groups: 2}}",
            "3 filters into 2 groups",
        ),
        (
            "stride_and_dilation",
            "{conv2d: {filters: 2, size: 2, stride: 2, dilation: 2}}",
            "let one be 1",
        ),
        (
            "depthwise_stride",
            "{depthwise_conv2d: {size: 2, stride: [1, 2]}}",
            "let both be the same",
        ),
        ("one_channel", "layer_norm", "has no variance"),
        ("dense", "{dense: 3}", "put a 'flatten' before"),
    )
]

# A regression, which has no accuracy.
REGRESSION = """\
name: example
dialect: keras
data: {polynomial: {}}
recipe:
  loss: mean_squared_error
  optimizer: {adam: 0.001}
  batch_size: 32
  epochs: 2
  early_stopping: {patience: 1, monitor: validation_accuracy}
arms:
  a: [{dense: 1}]
"""

TARGETS = [
    Malformed(
        "monitor-regression",
        REGRESSION,
        ".yaml",
        "recipe.early_stopping.monitor",
        "validation_loss",
    ),
    Malformed(
        "loss-regression",
        REGRESSION.replace("mean_squared_error", "cross_entropy"),
        ".yaml",
        "recipe.loss",
        "a number",
    ),
    Malformed(
        "width-regression",
        REGRESSION.replace("_accuracy", "_loss").replace(": 1}]", ": 2}]"),
        ".yaml",
        "arms.a",
        "needs (1,)",
    ),
]

PROBES = [
    _add("probes-list", "probes", "probes: [gradient_norm]", "mapping"),
    _add("probes-unknown", "probes.dead_rleu", "probes: {dead_rleu: {}}"),
    _add(
        "probes-flag",
        "probes.gradient_norm",
        "probes: {gradient_norm: 1}",
        "true or false",
    ),
    _add(
        "probes-every",
        "probes.dead_relu.every",
        "probes: {dead_relu: {every: 0}}",
        "at least 1",
    ),
    _add(
        "probes-part",
        "probes.dead_relu.part",
        "probes: {dead_relu: {part: tset}}",
        "did you mean 'test'",
    ),
    _add(
        "probes-dropped",
        "probes.dropped.samples",
        "probes: {dropped: {samples: 0}}",
        "at least 1",
    ),
    _add(
        "probes-dropped_nothing",
        "probes.dropped",
        "probes: {dropped: {}}",
        "no arm has a dropout",
    ),
    _add(
        "probes-places",
        "probes.per_sample_gradients.places",
        "probes: {per_sample_gradients: {}}",
        "missing",
    ),
    _add(
        "probes-place",
        "probes.per_sample_gradients.places[1]",
        "probes: {per_sample_gradients: {places: [dense_1, dense_3]}}",
        "there are: dense_1, dense_2",
    ),
    _add(
        "probes-learns_nothing",
        "probes.per_sample_gradients.places[0]",
        "probes: {per_sample_gradients: {places: [relu_1]}}",
        "no arm has such a layer",
    ),
    _add(
        "probes-epoch",
        "probes.representations.epochs[1]",
        "probes: {representations: {epochs: [1, frist]}}",
        "'last'",
    ),
    _add(
        "probes-epoch_negative",
        "probes.representations.epochs[0]",
        "probes: {representations: {epochs: [-1]}}",
    ),
    _add(
        "probes-epoch_late",
        "probes.representations.epochs[0]",
        "probes: {representations: {epochs: [3]}}",
        "no arm has more epochs than 2",
    ),
    _add(
        "probes-place_number",
        "probes.representations.places",
        "probes: {representations: {places: [3]}}",
        "'all'",
    ),
]

CLAIMS = [
    _add("claim-number", "claims[0]", "claims: [3]"),
    _add(
        "claim-best",
        "claims[0]",
        "claims: [{same_best: test_acuracy}]",
        "did you mean 'test_accuracy'",
    ),
    _add(
        "claim-best_number", "claims[0].same_best", "claims: [{same_best: 3}]"
    ),
    _add(
        "claim-best_arguments",
        "claims[0]",
        "claims: [{same_best: near_zero}]",
        "near_zero(bound)",
    ),
    _add(
        "claim-best_unwatched",
        "claims[0]",
        "claims: [{same_best: best_epoch}]",
        "no early stopping",
    ),
    _add("claim-grammar", "claims[0]", "claims: [a is better]", "expected"),
    _add("claim-differ", "claims[0]", "claims: ['a.epochs != 2']"),
    _add("claim-power", "claims[0]", "claims: ['a.epochs ** 2 > 2']"),
    _add("claim-called", "claims[0]", "claims: ['open(a) > 2']"),
    _add("claim-true", "claims[0]", "claims: ['a.epochs > True']"),
    _add(
        "claim-arguments",
        "claims[0]",
        "claims: ['a.near_zero() > 2']",
        "near_zero(bound)",
    ),
    _add(
        "claim-tensor",
        "claims[0]",
        """claims: ['a.weight("dense_9/kernel", 0) > 2']""",
        "dense_1/kernel",
    ),
    _add(
        "claim-index",
        "claims[0]",
        """claims: ['a.weight("dense_1/kernel", 9, 9) > 2']""",
        "has the shape (2, 4), got (9, 9)",
    ),
    _add(
        "claim-index_short",
        "claims[0]",
        """claims: ['a.weight("dense_1/kernel", 0) > 2']""",
        "has the shape (2, 4), got (0,)",
    ),
    _add(
        "claim-step",
        "claims[0]",
        "claims: ['a.step_loss(9999) > 2']",
        "got 9999",
    ),
    _add(
        "claim-after",
        "claims[0]",
        """claims: ['a.variance("train_loss", 99) > 2']""",
        "its epochs are 0 to",
    ),
    _add(
        "claim-probe",
        "claims[0]",
        "claims: ['a.gradient_ratio < 2']",
        "no probe 'gradient_norm'",
    ),
    _add(
        "picture-kind",
        "plots[0]",
        "plots: [bar]",
        "did you mean 'bars'",
    ),
    _add(
        "picture-statistic",
        "plots[0].bars",
        "plots: [{bars: test_acuracy}]",
        "did you mean 'test_accuracy'",
    ),
    _add(
        "picture-probe",
        "plots[0]",
        "plots: [gradient_norms]",
        "no probe 'gradient_norm'",
    ),
    _add(
        "picture-arm",
        "plots[0]",
        "plots: [{bars: {statistic: train_loss, of: [b]}}]",
        "got arm 'b', expected one of: a",
    ),
    _add(
        "picture-table_arm",
        "plots[0]",
        "plots: [{table: {rows: {x: 'b.epochs == 1'}}}]",
        "got arm 'b', expected one of: a",
    ),
    _add(
        "picture-table_relation",
        "plots[0].table",
        "plots: [{table: {rows: {x: 'a.epochs > 1'}}}]",
        "expected '=='",
    ),
    _add(
        "picture-table_statistic",
        "plots[0].table",
        "plots: [{table: {rows: {x: 'a.epoch == 1'}}}]",
        "did you mean 'epochs'",
    ),
    _add(
        "picture-table_probe",
        "plots[0]",
        "plots: [{table: {rows: {x: 'a.output(\"dense_1\") == 1'}}}]",
        "no probe 'representations'",
    ),
    _add(
        "picture-sweep",
        "plots[0].sweep",
        "plots: [{sweep: los}]",
        "expected one of",
    ),
    _add(
        "picture-paths",
        "plots[0]",
        "plots: [{paths: [a]}]",
        "it does not have exactly two weights",
    ),
    _add(
        "picture-activations",
        "plots[0]",
        "plots: [{activations: a}]",
        "after a dense layer of one unit",
    ),
    _add("claim-no_arm", "claims[0]", "claims: ['1 < 2']", "asks no arm"),
    _add("claim-nothing", "claims[0]", "claims: ['a.gap > 1/0']", "by 0"),
    _add("claim-infinite", "claims[0]", "claims: ['a.gap < 1e999']", "large"),
    _add(
        "claim-name",
        "claims[0].name",
        "claims: [{expression: a.gap > 1, name: a b}]",
        "a name of",
    ),
    _add(
        "picture-one_rate",
        "plots[0]",
        "plots: [{sweep: train_loss}]",
        "the arms have the learning rates 0.001",
    ),
    _add(
        "picture-one_cell",
        "plots[0]",
        "plots: [{heat_maps: train_loss}]",
        "equal in rate, layers, dropout and batch size",
    ),
    _add(
        "picture-one_arm",
        "plots[0]",
        "plots: [distances]",
        "no two arms have the same tensors",
    ),
    *(
        _add(
            f"claim-looked_at_{what}",
            "claims[0]",
            f"claims: ['a.{asked} > 1']\n"
            "probes: {representations: {places: [dense_1], samples: 5}, "
            "per_sample_gradients: {places: [dense_1]}}",
            says,
        )
        for what, asked, says in [
            ("place", 'output("dense_2")', "looked at are: dense_1"),
            ("sample", 'output("dense_1", 5)', "samples are 0 to 4, got 5"),
            ("unit", 'output("dense_1", 0, 4)', "dense_1 are 0 to 3, got 4"),
            (
                "tensor",
                'sample_gradient("dense_2/bias")',
                "does not look at dense_2/bias",
            ),
            (
                "many",
                'sample_gradient("dense_1/bias")',
                "has more numbers than one",
            ),
        ]
    ),
    _add("claim-bare", "claims[0]", "claims: ['a > 0.5']"),
    _add("claim-chain", "claims[0]", "claims: ['a.epochs < 3 < 4']"),
    _add("claim-long", "claims[0]", f"claims: ['{LONG}']"),
    _add(
        "claim-arm", "claims[0]", "claims: ['b.epochs > 1']", "expected one of"
    ),
    _add("claim-arm_long", "claims[0]", f"claims: ['{LONG}.epochs > 1']"),
    _add("claim-other_arm", "claims[0]", "claims: ['a.epochs > b.epochs']"),
    _add(
        "claim-metric",
        "claims[0]",
        "claims: ['a.test_acuracy > 1']",
        "did you mean 'test_accuracy'",
    ),
    _add("claim-metric_long", "claims[0]", f"claims: ['a.{LONG} > 1']"),
    _add("claim-second", "claims[1]", "claims: ['a.epochs > 1', nothing]"),
    _add(
        "claim-field",
        "claims[0].nme",
        "claims: [{expression: a.epochs > 1, nme: x}]",
        "did you mean 'name'",
    ),
    _add(
        "claim-missing",
        "claims[0].expression",
        "claims: [{name: x}]",
        "missing",
    ),
]

FRAMEWORK_NAMES = [
    _edit(
        "name-bare_linear",
        "arms.a[1].linear",
        RELU,
        "{linear: 10}",
        "PyTorch's 'Linear' is written {dense: 10}",
    ),
    _edit(
        "name-linear_fields",
        "arms.a[1].linear.out_features",
        RELU,
        "{linear: {out_features: 10}}",
        "{dense: 10}",
    ),
    _edit(
        "name-bare_relu",
        "arms.a[1].relu",
        RELU,
        "{relu: 0.1}",
        "has no fields; write 'relu' alone",
    ),
    _edit(
        "name-bare_batch_norm",
        "arms.a[1].batch_norm",
        RELU,
        "{batch_norm: 64}",
        "write 'batch_norm' alone",
    ),
    _edit(
        "name-two_keys",
        "arms.a[0]",
        "{dense: 4}",
        "{dense: 4, activation: relu}",
        "a layer of its own here, after this one, such as relu",
    ),
    _edit(
        "name-type_key",
        "arms.a[0]",
        "{dense: 4}",
        "{type: Dense, units: 4}",
        "write {dense: {units: 4}}",
    ),
    _edit("name-pair", "arms.a[0]", "{dense: 4}", "[dense, 4]", "{dense: 4}"),
    _edit(
        "name-padding_number",
        "arms.a[0].conv2d.padding",
        "{dense: 4}",
        "{conv2d: {filters: 2, size: 3, padding: 1}}",
        "write {symmetric: 1}",
    ),
    _edit(
        "name-padding_pair",
        "arms.a[0].max_pool.padding",
        "{dense: 4}",
        "{max_pool: {size: 3, padding: [1, 1]}}",
        "{symmetric: [1, 1]}",
    ),
    _edit(
        "name-data_split",
        "data.validation_split",
        DATA,
        "{spiral: {}, validation_split: 0.2}",
        "is written 'validation' here",
    ),
    _edit(
        "name-shuffle_flag",
        "recipe.shuffle",
        EPOCHS,
        "epochs: 2\n  shuffle: false",
        "written 'never' here",
    ),
    _edit(
        "name-optimizer_number",
        "recipe.optimizer",
        ADAM,
        "0.01",
        "write {adam: 0.01}",
    ),
    _edit(
        "name-old_decay",
        "recipe.optimizer.sgd.decay",
        ADAM,
        "{sgd: {lr: 0.1, decay: 0.01}}",
        "inverse_time",
    ),
    _edit(
        "name-penalty_number",
        "recipe.penalty",
        EPOCHS,
        "epochs: 2\n  penalty: 0.01",
        "write {l2: 0.01}",
    ),
    _edit(
        "name-another_family",
        "recipe.loss",
        "cross_entropy",
        "adam",
        "'adam' is an optimiser, written in 'recipe.optimizer'",
    ),
    _add("name-misplaced", "epochs", "epochs: 3", "'epochs: 10' in 'recipe'"),
    _add("name-metric", "claims[0]", "claims: [a.auc > 1]", "no equivalent"),
    _edit(
        "name-monitor",
        "recipe.early_stopping.monitor",
        EPOCHS,
        f"{STOPPING}{{patience: 2, monitor: val_loss}}",
        "'val_loss' is written 'validation_loss' here",
    ),
    _edit("name-dialect", "dialect", "keras", "pytorch", "is written 'torch'"),
]
"""Names of PyTorch and Keras; `test_framework_names` tests all of them."""

MALFORMED = [
    *FILES,
    *FIELDS,
    *DATA_SETS,
    *RECIPES,
    *NETWORKS,
    *FORMULAS,
    *IMAGES,
    *TARGETS,
    *PROBES,
    *CLAIMS,
    *FRAMEWORK_NAMES,
]
