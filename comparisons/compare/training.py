"""The rungs that compare training: loss, gradient, step and trajectory."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from framework_parity.common.choices import CompareLevel
from framework_parity.common.layouts import Array
from framework_parity.common.live.elements import Described
from framework_parity.common.live.losses import FORMS
from framework_parity.common.live.records import Batches, TrainingFound
from framework_parity.common.live.standins import DROPOUTS
from framework_parity.common.spec.errors import SpecError
from framework_parity.comparisons.compare.batches import (
    TargetDraws,
    TargetShape,
    agreed_forms,
    drawn_batches,
)
from framework_parity.comparisons.compare.changes import changed
from framework_parity.comparisons.compare.differences import (
    found_differences,
)
from framework_parity.comparisons.compare.excuses import excuse
from framework_parity.comparisons.compare.fields import place_of
from framework_parity.comparisons.compare.forward import RANDOM
from framework_parity.comparisons.compare.functions import judge_functions
from framework_parity.comparisons.compare.observations import (
    broadcasting,
    gradient_scale,
    loss_scale,
    rate_differences,
)
from framework_parity.comparisons.compare.optimizers import of_one_base
from framework_parity.comparisons.compare.pairing import Pairing, paired
from framework_parity.comparisons.compare.recipe import recipe_differences
from framework_parity.comparisons.compare.removal import is_testable
from framework_parity.comparisons.compare.result import (
    Difference,
    PairResult,
    Place,
)
from framework_parity.comparisons.compare.rungs import (
    Runs,
    cost_of,
    spread_of,
    training_ratios,
)
from framework_parity.comparisons.compare.search import smallest
from framework_parity.comparisons.compare.steps import (
    CLIPPING,
    PLAIN,
    observed,
)
from framework_parity.comparisons.compare.trials import FAR, Trials
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR
from framework_parity.comparisons.workers.worker import LABELS, WorkerPair

STEPS: dict[CompareLevel, int] = {
    "forward": 0,
    "gradient": 0,
    "step": 1,
    "trajectory": 10,
}
"""Training steps of each level."""


class Training:
    """The rungs of training, of two models whose forward rung is done.

    Args:
        pair: the workers, in which the models are open.
        result: of the rungs so far.
        inputs: of the first batch.
        given: targets of the user's, for every batch.
        target: `labels`, or the shape of targets that are numbers; None for
            what the loss takes.
        seed: of what is drawn.
    """

    def __init__(
        self,
        pair: WorkerPair,
        result: PairResult,
        inputs: list[Array],
        given: Array | None,
        target: TargetShape | None,
        seed: int,
    ) -> None:
        self.pair, self.result, self.seed = pair, result, seed
        self.inputs, self.given, self.shape = inputs, given, target
        self.defined: dict[str, list[str]] = {}
        self.found: dict[str, TrainingFound]
        self.pairing: Pairing
        self.batches: dict[str, Batches]
        self.trials: Trials
        self.unread: list[Difference] = []
        self.steps = 0

    def level(self, wanted: CompareLevel | None) -> CompareLevel:
        """Return the last rung that the user's functions allow.

        Args:
            wanted: the level that was asked for; None for the furthest.

        Raises:
            SpecError: if functions are missing for the level asked for.
        """
        defined = self.defined = self.pair.ask("defined_functions")
        furthest: CompareLevel = "forward"
        if all("loss" in names for names in defined.values()):
            furthest = "gradient"
        if all(
            "train_step" in names or "loss" in names
            for names in defined.values()
        ) and all("make_optimizer" in names for names in defined.values()):
            furthest = "trajectory"
        order = list(STEPS)
        if wanted is None:
            return furthest
        if order.index(wanted) > order.index(furthest):
            raise SpecError(
                f"--level {wanted}",
                "both files need a function "
                + (
                    "`loss`"
                    if wanted == "gradient"
                    else "`make_optimizer`, and `loss` or `train_step`"
                )
                + "; found "
                + "; ".join(
                    f"in {LABELS[side]}'s {', '.join(names) or 'none'}"
                    for side, names in defined.items()
                ),
            )
        return wanted

    @property
    def has_functions(self) -> bool:
        """Whether both files have functions to compare beside training."""
        both = set.intersection(*map(set, self.defined.values()))
        return bool(both & {"preprocess", "split", "evaluate", "fit_config"})

    def judge(self, level: CompareLevel) -> None:
        """Compare the rungs up to a level, and explain a disagreement.

        Args:
            level: the last rung of training; `forward` for none.
        """
        self.result.level = level
        self._open(level)
        self.result.notes += [
            f"the dropout inside {node.label} was switched off"
            for found in self.found.values()
            for node in found.graph
            if node.kind not in DROPOUTS and node.fields.get("dropout")
        ]
        if level != "forward":
            self._judge_training()
        judge_functions(
            self.pair, self.result, self.found, self.batches, self.seed
        )

    def _judge_training(self) -> None:
        result = self.result
        runs = self._runs([])
        assert runs is not None  # the shapes of the user's own models fit
        forms = self._forms(runs)
        differences = [
            *found_differences(
                self.found["torch"].graph,
                self.found["keras"].graph,
                self.pairing,
            ),
            *recipe_differences(self.found, result),
            *broadcasting(
                self.found, result, self.batches["torch"].targets[0].shape
            ),
            *gradient_scale(self.found, forms),
            *self._loss_operations(runs),
        ]
        result.rates = tuple(runs["torch"][0].rates)
        result.keras_rates = tuple(runs["keras"][0].rates)
        result.cost = cost_of(runs)
        result.unknown += [
            f"{LABELS[side]}'s losses differ by {spread:.1g} of their size "
            "between equal runs: an operation draws random numbers in "
            "training"
            for side, each in runs.items()
            if (spread := spread_of(each)) > RANDOM
        ]
        differences += loss_scale(self.found, runs, result)
        rates = rate_differences(self.found, result)
        differences += [each for each in rates if each.inherent]
        rates = [each for each in rates if not each.inherent]
        inherent = [each for each in differences if each.inherent]
        candidates = [
            each
            for each in differences
            if each not in inherent
            and is_testable(each, self.found["keras"].graph, training=True)
        ]
        if inherent and max(r for r, _ in self._ratios(runs).values()) > (
            TIMES_FLOOR
        ):
            without = self._runs(inherent)
            inherent = inherent if without is not None else []
            runs = without or runs
        self.unread = [
            each
            for each in differences
            if each not in inherent and each not in candidates
        ]
        self._explain(runs, inherent, [*candidates, *rates])

    def _explain(
        self,
        runs: Runs,
        inherent: list[Difference],
        candidates: list[Difference],
    ) -> None:
        """Find the smallest set of differences that restores agreement.

        Args:
            runs: of both, without the inherent differences.
            inherent: those.
            candidates: all that can be removed.
        """
        result = self.result
        ratios = self._ratios(runs)
        result.rungs = {name: ratio for name, (ratio, _) in ratios.items()}
        over = [
            (name, place)
            for name, (ratio, place) in ratios.items()
            if not ratio <= TIMES_FLOOR
        ]
        result.inherent = inherent
        if not over:
            excuse(result, candidates, [])
            return
        result.first_training = over[0]

        self.trials.measure(runs)

        def ratio(removed: list[Difference]) -> float:
            shared = [each.group for each in removed if each.part == "shared"]
            runs = self._runs([*inherent, *removed], perturbed=False)
            if runs is None:
                return np.inf
            if not shared and self.trials.is_far(runs):
                return FAR
            runs = self._runs([*inherent, *removed])
            assert runs is not None  # the shapes fit
            ratios = self._ratios(runs, shared)
            if shared:
                # Gradients can be summed, but not steps.
                ratios = {k: ratios[k] for k in ("loss", "gradient")}
            return max(value for value, _ in ratios.values())

        needed = smallest(candidates, ratio)
        if needed is None:
            result.training_explained = False
            known = {each.key for each in result.not_decided}
            result.not_decided += [
                each
                for each in (*candidates, *self.unread)
                if each.key not in known
            ]
            return
        excuse(result, candidates, needed)
        known = {each.key for each in result.causes}
        new = [each for each in needed if each.key not in known]
        for each in new:
            rest = [other for other in needed if other is not each]
            left = self._runs([*inherent, *rest], perturbed=False)
            if left is not None:
                each = replace(each, cost=cost_of(left))
            result.causes.append(each)
        result.remaining = max(result.remaining or 0.0, ratio(needed))

    def _open(self, level: CompareLevel) -> None:
        """Record both models in training mode, and draw the data."""
        self.steps = STEPS[level]
        shape = self.result.output_shape
        draws = TargetDraws(shape, self.given, self.shape, self.seed)
        forms = draws.every_form()
        self.found = self.pair.ask(
            "open_training",
            inputs=self.inputs,
            targets=[forms[name] for name in FORMS],
        )
        for side, form in agreed_forms(self.found).items():
            if form != self.found[side].form:
                again = self.pair.workers[side].submit(
                    "open_training",
                    inputs=self.inputs,
                    targets=[forms[name] for name in FORMS],
                    wanted=form,
                )
                self.found[side] = again.result()
        self._replace_grouped()
        torch, keras = self.found["torch"], self.found["keras"]
        self.pairing = paired(torch.graph, keras.graph)
        self.found["keras"] = replace(
            keras, optimizer=of_one_base(self.found, self.pairing.keras_of)
        )
        self.batches = drawn_batches(
            self.found, self.pairing, self.inputs, draws, max(self.steps, 1)
        )
        self.trials = Trials(self.pair, self.result, self.batches, self.steps)

    def _replace_grouped(self) -> None:
        """Compute grouped convolutions of Keras in NumPy.

        TensorFlow has no gradient of them on a processor.
        """
        grouped = [
            node
            for node in self.found["keras"].graph
            if node.source.endswith(".conv2d.Conv2D")
            and (
                node.kind == "depthwise_conv2d"
                or node.fields.get("groups", 1) != 1
            )
        ]
        self.result.replaced |= {
            ("keras", node.kind, node.label) for node in grouped
        }
        if grouped:
            self.result.notes.append(
                "TensorFlow has no gradient of a grouped convolution on a "
                f"processor without XLA ({grouped[0].label}); it was computed "
                "in NumPy"
            )

    def _runs(
        self, removed: list[Difference], *, perturbed: bool = True
    ) -> Runs | None:
        """Return the runs of both, with some differences removed.

        None where the shapes do not fit.
        """
        changes = changed(removed, self.found, self.result)
        return self.trials.runs(
            changes, perturbed=perturbed, trial=bool(removed)
        )

    def _ratios(
        self, runs: Runs, shared: Sequence[tuple[int, ...]] = ()
    ) -> dict[str, tuple[float, Place]]:
        place = place_of("loss", self.found)
        return training_ratios(runs, self.result, place, shared)

    def _loss_operations(self, runs: Runs) -> list[Difference]:
        """Return the differences between the operations of two losses.

        They are read as models of the outputs and the targets, if the losses
        are not known.
        """
        if all(each.loss_read for each in self.found.values()):
            return []
        ratios = self._ratios(runs)
        if "loss" not in ratios or ratios["loss"][0] <= TIMES_FLOOR:
            return []
        graphs = self.pair.ask_each(
            "open_loss",
            {
                side: {"inputs": each.inputs[0], "target": each.targets[0]}
                for side, each in self.batches.items()
            },
        )
        torch, keras = graphs["torch"], graphs["keras"]
        if torch is None or keras is None:
            return []
        differences = found_differences(torch, keras, paired(torch, keras))
        return [
            replace(
                each,
                slug=f"loss_{each.slug}",
                sentence=f"in the loss, {each.sentence}",
                part="loss_model",
                loss_part=each.part,
            )
            for each in differences
            if is_testable(each, keras)
        ]

    def _forms(self, runs: Runs) -> dict[str, Described | None]:
        """Return what each side's own step does to the gradients.

        A clipping is noted with the optimiser that was read.
        """
        forms: dict[str, Described | None] = {}
        for side, found in self.found.items():
            own = {"train_step", "loss"} <= found.defined.keys()
            forms[side] = observed(runs[side][0]) if own else PLAIN
            form, read = forms[side], found.optimizer
            if form and read and form[0] in CLIPPING and not read.clipping:
                clipped = replace(read, step_clipping=form)
                self.found[side] = replace(found, optimizer=clipped)
        return forms
