"""Render the templates of the reports."""

import re
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup, escape

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
    environment.filters["prose"] = prose
    return environment.get_template(template).render(**content)


def prose(text: str) -> Markup:
    """Return a text as HTML, with code and emphasis as in Markdown.

    >>> str(prose("`relu` is < 1, *not* 2 * 3 * 4"))
    '<code>relu</code> is &lt; 1, <em>not</em> 2 * 3 * 4'
    """
    html = re.sub(r"(`+)([^`]+)\1", r"<code>\2</code>", str(escape(text)))
    html = re.sub(r"(?<![\w*])\*(\w[^*]*)\*(?![\w*])", r"<em>\1</em>", html)
    return Markup(html)  # noqa: S704 # the text is escaped
