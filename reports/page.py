"""The report as one HTML page that needs nothing else: headings, tables, no script."""

from functools import cache
from pathlib import Path
from typing import Any

import jinja2


def pounds(pence: int) -> str:
    """Return pence as pounds with thousands marked."""
    return f"£{pence / 100:,.2f}"


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["pounds"] = pounds
    return environment.get_template("report.html")


def report_page(summary: dict[str, Any]) -> str:
    """Return the summary of a commission as an HTML page."""
    return _template().render(summary=summary)
