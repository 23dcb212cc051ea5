"""Load an experiment from a file or a dictionary, and export the schema."""

from pathlib import Path
from typing import Any

from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.parsing import parse_one, read
from framework_parity.common.spec.two_sided.experiment import two_sided_values
from framework_parity.common.spec.two_sided.schema import two_sided


def load(path: str | Path) -> Experiment:
    """Read an experiment from a YAML or JSON file.

    Args:
        path: the file; `.json` is read as JSON, any other as YAML.

    Returns:
        The complete experiment.

    Raises:
        SpecError: if the file is missing, is not YAML or JSON, or is not a
            valid specification; names the file and the field.
    """
    written = read(path)
    try:
        return parse(written)
    except SpecError as error:
        raise error.located(str(path)) from error


def parse(written: Any) -> Experiment:
    """Parse a dictionary into an experiment.

    Args:
        written: the document, as read from a file.

    Returns:
        The complete experiment.

    Raises:
        SpecError: if the specification is invalid, or if it has two-sided
            values; names the field.
    """
    for value in two_sided_values(written):
        raise SpecError(
            value.name,
            "has a value for each framework, but this function takes one "
            "specification for both; 'parity run', 'check' and 'audit' "
            "accept two sides",
        )
    return parse_one(written)


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the specification language.

    Every value inside the data, the recipe and the arms may be two-sided.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **two_sided(Experiment.model_json_schema()),
    }
