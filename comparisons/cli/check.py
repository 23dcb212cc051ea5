"""`parity check`: run the ladder on every arm."""

from typing import Annotated

import typer

from framework_parity.common import choices
from framework_parity.comparisons import catalogue
from framework_parity.comparisons.cli import flags
from framework_parity.comparisons.cli.output import STATUS, print_json, warn
from framework_parity.comparisons.ladder.thresholds import (
    FEWEST_SEEDS,
    MOST_SEEDS,
    SEEDS,
)


def check(
    experiment: Annotated[
        str, typer.Argument(help="A name of the catalogue, or a file.")
    ],
    *,
    level: Annotated[
        choices.Rung, typer.Option(help="The last rung of the ladder.")
    ] = "statistics",
    dataset: flags.Dataset = None,
    lesson: flags.Lesson = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    steps: Annotated[
        int, typer.Option(min=1, help="Length of the trajectory.")
    ] = 500,
    dtype: Annotated[
        choices.LadderDtype,
        typer.Option(help="Precision; only float64 can show agreement."),
    ] = "float64",
    device: flags.Device = "cpu",
    seeds: Annotated[
        int,
        typer.Option(
            help="Runs with each framework's own randomness (statistics); "
            f"{FEWEST_SEEDS} to {MOST_SEEDS:,}.",
        ),
    ] = SEEDS,
    margin: Annotated[
        float | None,
        typer.Option(
            help="Largest equivalent difference of the final metric: of an "
            "accuracy, or as a share of a loss.",
            show_default="0.02 of an accuracy, 0.1 of a loss",
        ),
    ] = None,
    data_dir: flags.DataDir = None,
    download: flags.Download = False,
    store: flags.Store = None,
    fresh: flags.Fresh = False,
    timeout: flags.Timeout = None,
    as_json: flags.Json = False,
) -> None:
    """Run the ladder on every arm, up to statistics over seeds."""
    from framework_parity.comparisons.cli.progress import watching
    from framework_parity.comparisons.report.ladder import (
        show_causes,
        show_ladder,
    )
    from framework_parity.comparisons.run import validation
    from framework_parity.comparisons.run.check import (
        CheckSettings,
        check_arms,
        outcome,
    )

    validation.whole("--seeds", seeds, FEWEST_SEEDS, MOST_SEEDS)
    if margin is not None:
        validation.positive("--margin", margin)
    settings = CheckSettings(
        level=level,
        seed=seed,
        steps=steps,
        dtype=dtype,
        seeds=seeds,
        margin=margin,
        device=device,
        data_dir=data_dir,
        download=download,
        store=store,
        fresh=fresh,
        timeout=timeout,
    )
    spec = catalogue.find(experiment, dataset, lesson=lesson)
    warnings = warn(spec)
    arms = []
    with watching(spec.name) as watch:
        for arm in check_arms(spec, settings, watch):
            arms.append(arm)
            if not as_json:
                show_ladder(arm.ladder)
                show_causes(arm.ladder, arm.causes)
    verdict = outcome(arms)
    if as_json:
        print_json(
            {
                "command": "check",
                "name": spec.name,
                "verdict": verdict,
                "warnings": warnings,
                "rungs": [
                    v.as_json() for a in arms for v in a.ladder.verdicts
                ],
                "causes": [c.as_json() for a in arms for c in a.causes],
                "claims": [],
                "arms": [{"arm": name} for name in spec.arms],
                "report": None,
            }
        )
    raise typer.Exit(STATUS[verdict])
