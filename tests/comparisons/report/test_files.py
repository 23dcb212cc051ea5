"""The files of a report replace those of the report before."""

from pathlib import Path

import pytest

from framework_parity.comparisons.report.files import LIST, ReportFiles


def names(folder: Path) -> list[str]:
    """Return the files of a folder that are not hidden."""
    files = (path for path in folder.rglob("*") if path.is_file())
    paths = (path.relative_to(folder).as_posix() for path in files)
    return sorted(path for path in paths if not path.startswith("."))


def test_files_of_an_earlier_report_are_deleted(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with ReportFiles(out) as files:
        files.write("report.html", "first")
        files.write("weights/old-torch-seed0.safetensors", "")
        files.write("probes/old-torch-seed0.safetensors", "")
    (out / "mine.txt").write_text("the user's")
    with ReportFiles(out) as files:
        assert files.write("report.html", "second") == out / "report.html"
        files.write("weights/new-torch-seed0.safetensors", "")
    assert names(out) == [
        "mine.txt",
        "report.html",
        "weights/new-torch-seed0.safetensors",
    ]
    assert (out / "report.html").read_text() == "second"
    assert not (out / "probes").exists()


def test_after_an_error_the_files_before_are_still_known(
    tmp_path: Path,
) -> None:
    with ReportFiles(tmp_path) as files:
        files.write("old.svg", "")
    with pytest.raises(ZeroDivisionError), ReportFiles(tmp_path) as files:
        files.write("new.svg", str(1 // 0))
    with ReportFiles(tmp_path) as files:
        files.write("report.html", "")
    assert names(tmp_path) == ["report.html"]


def test_a_list_cannot_name_files_outside_the_folder(tmp_path: Path) -> None:
    mine, out = tmp_path / "mine.txt", tmp_path / "out"
    mine.write_text("the user's")
    with ReportFiles(out) as files:
        files.path("report.html").touch()
    (out / LIST).write_text(f"../mine.txt\n{mine}/../mine.txt\n")
    with ReportFiles(out) as files:
        files.path("report.html").touch()
    assert mine.exists()
