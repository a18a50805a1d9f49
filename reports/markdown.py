"""The summary in Markdown, short enough for an artifact."""

import pendulum

from models.database import Database
from models.money import pounds
from reports.summary import summarise
from reports.words import by_status


def report_markdown(database: Database, commission_id: int, at: pendulum.DateTime) -> str:
    """Return KPIs, money and cases of a commission as Markdown tables."""
    with database.reading() as session:
        summary = summarise(session, commission_id, at)
    lines = [
        f"## {summary['commission']['title']} ({summary['commission']['reference']})",
        "",
        "| promise | of | share | target |",
        "|---|---|---|---|",
    ]
    for kpi in summary["kpis"]:
        share = "nobody to count" if kpi["percent"] is None else f"{kpi['percent']} %"
        lines.append(f"| {kpi['title']} | {kpi['numerator']} of {kpi['denominator']} | {share} | {kpi['target_percent'] or 'none'} |")
    money = summary["money"]
    lines += ["", "| money | |", "|---|---|"]
    lines += [
        f"| {name.removesuffix('_pence')} | {pounds(money[name])} |" for name in ("budget_pence", "committed_pence", "used_pence", "left_pence")
    ]
    lines += ["", "| cases | |", "|---|---|"] + [f"| {status} | {count} |" for status, count in by_status(summary).items()]
    return "\n".join(lines) + "\n"
