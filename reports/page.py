"""The report as one HTML page that needs nothing else: headings, tables, no script."""

from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pendulum

from models.database import Database
from models.money import pounds
from reports import words
from reports.documents import write_document
from reports.summary import summarise


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"pounds": pounds, "day": words.day, "plainly": words.plainly, "left_out": words.left_out}
    return environment.get_template("report.html")


def report_page(summary: dict[str, Any]) -> str:
    """Return the summary of a commission as an HTML page."""
    titles: dict[str, int] = {}
    for kind, count in summary["decisions"].items():
        titles[words.title_of(kind)] = titles.get(words.title_of(kind), 0) + count
    selection = {words.SELECTED.get(outcome, outcome): count for outcome, count in summary["selection"].items()}
    return _template().render(
        summary=summary, selection=selection, statuses=words.by_status(summary), decisions=titles,
        as_range=words.as_range, met={kpi["id"]: words.met(kpi, summary) for kpi in summary["kpis"]},
    )  # fmt: skip


def write_report(database: Database, commission_id: int, at: pendulum.DateTime, folder: Path) -> Path:
    """Write the report of a commission into `folder`, whole, and return its path."""
    with database.reading() as session:
        summary = summarise(session, commission_id, at)
    path = folder / f"{summary['commission']['reference']}-{at.to_date_string()}.html"
    return write_document(path, lambda: report_page(summary).encode(), make_folder=True)
