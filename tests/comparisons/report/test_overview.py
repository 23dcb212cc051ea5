"""Several experiments have pages that link to each of their reports."""

import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from framework_parity.api.run import run_each
from framework_parity.common.spec.load import parse
from framework_parity.comparisons.report.run import index
from framework_parity.comparisons.run import settings
from framework_parity.comparisons.run.result import outcome_of_all
from framework_parity.comparisons.workers.pool import WorkerPool
from tests.comparisons.arms import SMALL

SPECS = [
    parse(SMALL | {"name": "one", "claims": ["linear.train_loss < 9"]}),
    parse(SMALL | {"name": "two", "teaches": "Much.\n\nAnd more."}),
]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, shared_workers: None) -> Any:
    out = tmp_path_factory.mktemp("several")
    with pytest.MonkeyPatch.context() as patch, WorkerPool() as pool:
        patch.setattr(settings, "TRAJECTORY", {"quick": 30})
        results = list(
            run_each(
                SPECS,
                [out / spec.name for spec in SPECS],
                pool,
                lambda name: nullcontext(lambda *progress: None),
                profile="quick",
                seeds=1,
            )
        )
        # The second experiment was handed to the first one's workers.
        assert pool.started == 1
    index.write(results, out)
    return out, results


def test_every_report_that_a_page_links_to_exists(ran: Any) -> None:
    out, results = ran
    assert outcome_of_all(results) == "agree"
    text = (out / "index.html").read_text()
    links = set(re.findall(r'href="([^"]*)"', text))
    assert links == {"one/report.html", "two/report.html"}
    assert all((out / link).is_file() for link in links)


def test_the_pages_hold_rows_and_claims(ran: Any) -> None:
    out, results = ran
    text = (out / "catalogue.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| [")]
    for row, each, claims in zip(rows, results, ("1", ""), strict=True):
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        name, arms, _, hold, *_, verdict = cells
        assert each.result.experiment.name in name
        assert (arms, hold, verdict) == ("1", claims, "agree")
    assert "linear.train_loss < 9" in text
    for page in ("catalogue.md", "index.html"):
        words = " ".join((out / page).read_text().split())
        assert "that of the one seed that was run" in words
        assert "holds in both, in one seed" in words
    assert "And more." not in text


def test_a_report_holds_the_explanation_of_its_experiment(ran: Any) -> None:
    out: Path = ran[0]
    report = (out / "two" / "report.html").read_text()
    assert '<p class="teaches">Much.</p>' in report
    assert '<p class="teaches">And more.</p>' in report
