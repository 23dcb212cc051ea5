"""Fill in the templates of the reports."""

from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from framework_parity.common.spec.counted import counted


def render(template: str, **content: Any) -> str:
    """Fill in one of the templates."""
    environment = Environment(
        loader=PackageLoader("framework_parity.comparisons.report"),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["counted"] = counted
    return environment.get_template(template).render(**content)
