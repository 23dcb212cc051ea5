"""The command line, `parity`.

Every command prints one JSON document with `--json` and nothing else on
standard output; progress goes to standard error. Exit status: 0 the
frameworks agree, or done; 1 they disagree, in numbers or in a claim's verdict;
2 the input is wrong; 3 something broke; 4 undecided: nothing could be shown
either way. Whatever is slow to import is imported where it is used.
"""

import json
import sys
import traceback
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from framework_parity.comparisons import catalogue
from framework_parity.comparisons.cli.flags import (
    Backend,
    DataDir,
    Dataset,
    Device,
    Download,
    Dtype,
    Json,
    LadderDtype,
    Level,
    OnDevice,
    Profile,
    Randomness,
)
from framework_parity.comparisons.ladder.thresholds import (
    FEWEST_SEEDS,
    MOST_SEEDS,
    SEEDS,
    SEEDS_OF_AUDITS,
    SEEDS_OF_CLAIMS,
)

AGREE, DISAGREE, WRONG_INPUT, BROKEN, UNDECIDED = range(5)
INTERRUPTED = 130

# The exit status of every command that judges follows from its verdict.
STATUS = {"agree": AGREE, "disagree": DISAGREE, "undecided": UNDECIDED}

EXIT_STATUS = (
    "Exit status: 0 the frameworks agree, or done (a claim that is refuted in "
    "both is a result, and one framework alone is not judged); 1 they "
    "disagree, in numbers or in a claim's verdict; 2 the input is wrong; 3 "
    "something broke; 4 undecided: nothing could be shown either way. Of "
    "several experiments, arms or specifications, one that disagrees makes it "
    "1, else one that is undecided makes it 4."
)

# What the library raises for flags that cannot be meant.
UsageError: Any = typer.BadParameter.__base__

app = typer.Typer(
    help="One deep-learning experiment, run in PyTorch and in Keras, judged.",
    epilog=EXIT_STATUS,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """List the experiments, with what each teaches."""
    found = catalogue.summaries()
    if as_json:
        _print_json(
            {
                "experiments": [
                    {"id": name, "teaches": teaches}
                    for name, teaches in found.items()
                ]
            }
        )
        return
    width = max(map(len, found))
    for name, teaches in found.items():
        print(f"{name:{width}}  {teaches}")


@app.command(epilog=EXIT_STATUS)
def run(
    experiments: Annotated[
        list[str] | None,
        typer.Argument(help="Names of the catalogue, or YAML or JSON files."),
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Run the whole catalogue.")
    ] = False,
    profile: Annotated[
        Profile, typer.Option(help="quick, or the experiment's own numbers.")
    ] = Profile.quick,
    dataset: Dataset = None,
    backend: Annotated[
        Backend, typer.Option(help="Run one framework alone, or both.")
    ] = Backend.both,
    dtype: Annotated[
        Dtype | None,
        typer.Option(
            help="Precision of the curves.",
            show_default="as the recipe says",
        ),
    ] = None,
    device: OnDevice = Device.cpu,
    seeds: Annotated[
        int, typer.Option(min=1, help="Runs of each arm.")
    ] = SEEDS_OF_CLAIMS,
    randomness: Annotated[
        Randomness,
        typer.Option(
            help="The same initial weights, each its own, or PyTorch's draws "
            "played into both."
        ),
    ] = Randomness.shared,
    jobs: Annotated[int, typer.Option(min=1, help="Arms to run at once.")] = 1,
    data_dir: DataDir = None,
    download: Download = False,
    out: Annotated[Path, typer.Option(help="Folder for the reports.")] = Path(
        "parity-out"
    ),
    as_json: Json = False,
) -> None:
    """Train in both frameworks, climb the ladder, judge, and report."""
    wanted = _wanted(experiments or [], everything=everything)
    from framework_parity.comparisons.cli.console import (
        show,
        show_all,
        watching,
    )
    from framework_parity.comparisons.run import (
        batch as overview,
    )
    from framework_parity.comparisons.run import (
        validation as arguments,
    )
    from framework_parity.comparisons.run.runner import Crew

    both = (Backend.torch, Backend.keras)
    chosen = both if backend is Backend.both else (backend,)
    backends = tuple(name.value for name in chosen)
    specs = [catalogue.find(e, dataset, profile) for e in wanted]
    several = len(specs) > 1
    folders = [out / spec.name if several else out for spec in specs]
    _make(folders, "run")
    if several:
        arguments.folder("--out", out, overview.FILES)
    for spec in specs:
        _warn(spec, f"{spec.name}: " if several else "")
    found = []
    with Crew(backends, device.value, jobs) as crew:
        for ran in overview.run_each(
            specs,
            folders,
            crew,
            watching,
            profile=profile.value,
            backends=backends,
            dtype=dtype.value if dtype else None,
            device=device.value,
            seeds=seeds,
            randomness=randomness.value,
            data_dir=data_dir,
            download=download,
        ):
            found.append(ran)
            if not as_json:
                show(ran.result)
    verdict = overview.outcome(found)
    documents = [ran.result.as_json() for ran in found]
    if several:
        with arguments.writing(out):
            page = overview.write(found, out)
        if not as_json:
            show_all(found, page)
    if as_json:
        _print_json(
            {"experiments": documents, "verdict": verdict}
            if several
            else documents[0]
        )
    # One framework alone is not judged; the command has done its work.
    raise typer.Exit(STATUS[verdict] if chosen == both else AGREE)


@app.command(epilog=EXIT_STATUS)
def check(
    experiment: Annotated[
        str, typer.Argument(help="A name of the catalogue, or a file.")
    ],
    *,
    level: Annotated[
        Level, typer.Option(help="The last rung to climb.")
    ] = Level.statistics,
    dataset: Dataset = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Of all that is drawn.")
    ] = 0,
    steps: Annotated[
        int, typer.Option(min=1, help="Length of the trajectory.")
    ] = 500,
    dtype: Annotated[
        LadderDtype, typer.Option(help="float64 is what proves an agreement.")
    ] = LadderDtype.float64,
    device: OnDevice = Device.cpu,
    seeds: Annotated[
        int,
        typer.Option(
            help="Runs with each framework's own randomness: statistics.",
        ),
    ] = SEEDS,
    margin: Annotated[
        float | None,
        typer.Option(
            help="How far apart their final metric may be: an accuracy, or "
            "a share of a loss.",
            show_default="0.02 of an accuracy, 0.1 of a loss",
        ),
    ] = None,
    data_dir: DataDir = None,
    download: Download = False,
    as_json: Json = False,
) -> None:
    """Climb the ladder with every arm, up to statistics over seeds."""
    from framework_parity.common.data import image_cache as image_files
    from framework_parity.comparisons.run import validation as arguments

    arguments.whole("--seeds", seeds, FEWEST_SEEDS, MOST_SEEDS)
    if margin is not None:
        arguments.positive("--margin", margin)
    from framework_parity.common.spec.two_sided.arms import sides_of
    from framework_parity.common.spec.two_sided.experiment import TwoSided
    from framework_parity.comparisons.cli.console import (
        show_causes,
        show_climb,
        watching,
    )
    from framework_parity.comparisons.ladder.diagnosis import diagnose
    from framework_parity.comparisons.ladder.ladder import climb
    from framework_parity.comparisons.ladder.two_sided_causes import (
        climb_and_explain,
    )
    from framework_parity.comparisons.ladder.verdict import outcome_of, worst
    from framework_parity.comparisons.workers.pool import Pair

    spec = catalogue.find(experiment, dataset)
    warnings = _warn(spec)
    verdicts, outcomes, causes = [], [], []
    with ExitStack() as stack:
        stack.enter_context(image_files.kept_in(data_dir, download))
        for name in spec.arms:
            for own in sides_of(spec.arm(name)).values():
                own.data.source.demand()
        watch = stack.enter_context(watching(spec.name))
        pair = stack.enter_context(Pair(device=device.value))
        for name in spec.arms:
            settings: dict[str, Any] = {
                "seed": seed,
                "steps": steps,
                "level": level.value,
                "dtype": dtype.value,
                "progress": partial(watch, name),
                "seeds": seeds,
                "margin": margin,
            }
            named: Any
            if isinstance(spec, TwoSided):
                climbed, why = climb_and_explain(pair, spec, name, **settings)
                named = why.found
            else:
                climbed = climb(pair, spec.arm(name), **settings)
                named = diagnose(pair, climbed, seed, steps, dtype.value)
            outcomes.append(outcome_of(climbed.verdicts))
            verdicts += [verdict.as_json() for verdict in climbed.verdicts]
            causes += [cause.as_json() for cause in named]
            if not as_json:
                show_climb(climbed)
                show_causes(climbed, named)
    verdict = worst(outcomes)
    if as_json:
        _print_json(
            {
                "command": "check",
                "name": spec.name,
                "verdict": verdict,
                "warnings": warnings,
                "rungs": verdicts,
                "causes": causes,
                "claims": [],
                "arms": [{"arm": name} for name in spec.arms],
                "report": None,
            }
        )
    raise typer.Exit(STATUS[verdict])


@app.command(epilog=EXIT_STATUS)
def audit(
    experiment: Annotated[
        str, typer.Argument(help="A name of the catalogue, or a file.")
    ],
    *,
    profile: Annotated[
        Profile, typer.Option(help="quick, or the experiment's own numbers.")
    ] = Profile.quick,
    dataset: Dataset = None,
    arm: Annotated[
        str | None,
        typer.Option(help="Which network; else the one left most unsaid."),
    ] = None,
    seeds: Annotated[
        int, typer.Option(min=2, help="Runs of each mix of defaults.")
    ] = SEEDS_OF_AUDITS,
    defaults: Annotated[
        bool,
        typer.Option(
            help="Give each port its framework's defaults; without, only "
            "the values differ that are written for each framework.",
        ),
    ] = True,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Runs at once; else one for each core."),
    ] = None,
    data_dir: DataDir = None,
    download: Download = False,
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path(
        "parity-out"
    ),
    as_json: Json = False,
) -> None:
    """Measure what each default of a naive port costs, alone and together."""
    from framework_parity.comparisons.audit import audit as auditing
    from framework_parity.comparisons.cli.console import show_audit, watching

    spec = catalogue.find(experiment, dataset, profile)
    _make([out], "audit")
    _warn(spec, only=arm)
    with watching("audit", "done") as watch:
        found = auditing.audit(
            experiment,
            dataset=dataset,
            profile=profile.value,
            arm=arm,
            seeds=seeds,
            jobs=jobs,
            data_dir=data_dir,
            download=download,
            out=out,
            watch=watch,
            defaults=defaults,
        )
    if as_json:
        _print_json(found.as_json())
    else:
        show_audit(found)
    raise typer.Exit(STATUS[found.verdict])


@app.command(epilog=EXIT_STATUS)
def fuzz(
    *,
    count: Annotated[
        int, typer.Option(min=1, help="How many different specifications.")
    ] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Of what is drawn.")] = 0,
    steps: Annotated[
        int, typer.Option(min=1, help="Length of each trajectory.")
    ] = 20,
    jobs: Annotated[
        int, typer.Option(min=1, help="Pairs of workers at once.")
    ] = 2,
    out: Annotated[
        Path, typer.Option(help="Folder for the specifications that fail.")
    ] = Path("parity-fuzz"),
    as_json: Json = False,
) -> None:
    """Send random specifications up the ladder; shrink what fails."""
    from framework_parity.comparisons.cli.console import counting, show_fuzzed
    from framework_parity.comparisons.fuzz import fuzz as fuzzing
    from framework_parity.comparisons.run import validation as arguments

    _make([out], "fuzz")
    with arguments.writing(out), counting("fuzz") as watch:
        result = fuzzing.fuzz(
            count, seed, steps=steps, jobs=jobs, out=out, watch=watch
        )
    if as_json:
        _print_json(result.as_json())
    else:
        show_fuzzed(result)
    raise typer.Exit(STATUS[result.verdict])


@app.command()
def schema(*, as_json: Json = False) -> None:
    """Print the language of specifications as JSON Schema."""
    from framework_parity.common.spec.load import schema

    _print_json(schema())


def _wanted(experiments: list[str], *, everything: bool) -> list[str]:
    """Return which experiments are asked for."""
    from framework_parity.common.spec.errors import SpecError

    if everything and experiments:
        raise SpecError(
            "--all", "stands beside names; say the one or the other"
        )
    if not everything and not experiments:
        raise SpecError("experiments", "name at least one, or say --all")
    return list(catalogue.summaries()) if everything else experiments


def _make(folders: list[Path], command: str) -> None:
    """Make the folders of the reports, before hours go into them."""
    from framework_parity.common.spec.errors import SpecError
    from framework_parity.comparisons.run import validation as arguments

    for index, folder in enumerate(folders):
        if folder in folders[:index]:
            raise SpecError(
                "name", f"{folder.name!r} is the name of two experiments"
            )
        arguments.folder("--out", folder, arguments.FILES[command])


def _warn(spec: Any, before: str = "", only: str | None = None) -> list[str]:
    """Print the warnings about a specification on standard error.

    Args:
        spec: the experiment.
        before: what each sentence begins with.
        only: the one arm that is asked for, or None for all.

    Returns:
        The sentences, as a document has them.
    """
    from framework_parity.common.spec.warnings import spec_warnings

    found = spec_warnings(spec)
    for sentence in found:
        of_another = sentence.startswith("arms.") and not sentence.startswith(
            f"arms.{only}: "
        )
        if only is None or not of_another:
            print(f"warning: {before}{sentence}", file=sys.stderr)
    return found


def _print_json(document: Any) -> None:
    json.dump(document, sys.stdout, indent=2, allow_nan=False)
    print()


def main() -> None:
    """Run the command line; turn what goes wrong into an exit status."""
    try:
        sys.exit(app(standalone_mode=False))
    except (KeyboardInterrupt, typer.Abort):
        print("parity: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the last stop: say it, exit
        sys.exit(_explain(error, as_json="--json" in sys.argv[1:]))


def _explain(error: Exception, *, as_json: bool) -> int:
    from framework_parity.common.spec.errors import SpecError

    if isinstance(error, UsageError):
        if not error.format_message():  # no arguments: the help was shown
            return WRONG_INPUT
        from framework_parity.comparisons.run.validation import wrong_flag

        error = wrong_flag(error)
    if isinstance(error, SpecError):
        if as_json:
            _print_json({"error": error.as_json()})
        else:
            print(f"parity: {error}", file=sys.stderr)
        return WRONG_INPUT
    from framework_parity.comparisons.workers.pool import WorkerError

    file = ""
    if isinstance(error, WorkerError):
        said = str(error)
    elif isinstance(error, OSError) and error.filename:
        # The machine's fault, not the program's: no trace explains it.
        file, said = str(error.filename), str(error.strerror)
    else:
        said = "".join(traceback.format_exception(error))
    if as_json:
        fields = {"file": file, "field": "", "message": said}
        _print_json({"error": fields})
    where = f": {file}: " if file else ".\n"
    print(f"parity: something broke{where}{said}", file=sys.stderr)
    return BROKEN
