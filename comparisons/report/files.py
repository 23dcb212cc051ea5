"""The files of a report in its folder."""

from pathlib import Path
from types import TracebackType

# The names of the files that a report consists of, one on each line.
LIST = ".parity-files"


class ReportFiles:
    """Writes the files of a report, and deletes those of the report before.

    Use it in a `with` block; files that an earlier report wrote to the folder
    and this one does not are deleted at its end. Other files are left alone.

    Args:
        folder: the folder; it is created if it does not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written: list[str] = []

    def __enter__(self) -> "ReportFiles":
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            return
        listed = self.folder / LIST
        before = listed.read_text("utf-8") if listed.exists() else ""
        for name in set(before.splitlines()) - set(self._written):
            path = self.folder / name
            if ".." in path.parts or path.is_dir():
                continue  # no report has written such a name
            path.unlink(missing_ok=True)
            if path.parent != self.folder and path.parent.is_dir():
                _remove_if_empty(path.parent)
        listed.write_text("\n".join(self._written) + "\n", "utf-8")

    def path(self, name: str) -> Path:
        """Return the path of a file of the report, and note its name.

        Args:
            name: the path in the folder, with `/`; a folder in it is
                created.
        """
        self._written.append(name)
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        return path

    def write(self, name: str, text: str) -> Path:
        """Write a text file, and return its path.

        Args:
            name: the path in the folder.
            text: the contents.
        """
        path = self.path(name)
        path.write_text(text, "utf-8")
        return path


def _remove_if_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()
