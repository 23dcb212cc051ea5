"""Render the templates of the reports."""

from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from framework_parity.common.spec.counted import counted


def render(template: str, **content: Any) -> str:
    """Render one of the templates.

    Args:
        template: file name in `comparisons/report/templates`.
        **content: variables of the template.

    Returns:
        The rendered text.
    """
    environment = Environment(
        loader=PackageLoader("framework_parity.comparisons.report"),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["counted"] = counted
    return environment.get_template(template).render(**content)
