"""A commission's summary as plain tables for the terminal."""

from collections.abc import Mapping
from typing import Any

from app.output import say, show_table
from models.money import pounds
from reports.words import as_range, by_status, day, left_out, met, plainly


def show_summary(summary: dict[str, Any]) -> None:
    """Print a commission's summary as plain tables."""
    about, messages = summary["commission"], summary["messages"]
    until = "with no end agreed" if about["rolls_on"] else f"to {day(about['ends'])}"
    say(f"{about['title']} ({about['reference']}) for {about['commissioner']}, from {day(about['starts'])} {until}: {about['status']}")
    for partner in summary["partners"]:
        say(f"Partner ({partner['kind']}): {partner['part']}")
    counts = {
        "Cases by stage": summary["cases"]["by_stage"],
        "Cases by outcome or status": by_status(summary),
        "Visits": summary["visits"],
        "Messages": messages["by_status"],
        "Messages skipped because": messages["skipped_because"],
    }
    for title, values in counts.items():
        say("")
        show_table([{"": plainly(name), "number": count} for name, count in values.items()], f"{title}: none yet", title)
    say("")
    show_table([_money_line(name, value) for name, value in summary["money"].items()], "", "Money")
    say("")
    show_table([_promise_line(kpi, summary) for kpi in summary["kpis"]], "no KPIs", "Promises")
    show_slips(summary["slips"])
    show_turnaround(summary)
    show_measures(summary)
    show_roll_up(summary)


def show_slips(slips: Mapping[str, Any]) -> None:
    """Print how visits kept the day that was agreed first, and why others did not, if any did not."""
    if slips["held"]:
        say("")
        rest = f"; those that slipped did so by {slips['median_days']:g} days (median)" if slips["median_days"] is not None else ""
        kept = f"{slips['on_the_day']} were on the day first agreed, {slips['later']} later, {slips['earlier']} earlier"
        say(f"Of {slips['held']} visits held {kept}{rest}")
    if slips["by_reason"]:
        rows = [{"": plainly(one["reason"]), "times": one["visits"], "days charged": f"{one['charged_days']:g}"} for one in slips["by_reason"]]
        show_table(rows, "", "Agreed days that were not kept")


def _money_line(name: str, value: Any) -> dict[str, Any]:
    words = name.removesuffix("_pence").replace("_", " ")
    return {"": words, "amount": pounds(value) if name.endswith("_pence") else f"{value:g}"}


def _promise_line(kpi: dict[str, Any], summary: dict[str, Any]) -> dict[str, Any]:
    share = "-" if kpi["percent"] is None else f"{kpi['percent']} %"
    target = (
        f"{kpi['target_percent']:g} %" if kpi["target_percent"] is not None else f"{kpi['target_count']} in number" if kpi["target_count"] else "-"
    )
    return {"promise": kpi["title"], "of": f"{kpi['numerator']}/{kpi['denominator']}", "share": share, "target": target,
            "met": met(kpi, summary), "left out": left_out(kpi)}  # fmt: skip


def _left_out(reasons: Mapping[str, int]) -> str | None:
    return ", ".join(f"{count} {why}" for why, count in reasons.items()) or None


def show_turnaround(summary: Mapping[str, Any]) -> None:
    """Print how long notes of visit take, step by step."""
    rows = [{"step": one["title"], "notes": one["notes"], "median_school_days": one["median_school_days"], "allowed": one["allowed_school_days"],
             "within": f"{one['within']}/{one['notes']}", "share": "-" if one["percent"] is None else f"{one['percent']} %",
             "left_out": _left_out({plainly(why): count for why, count in one["left_out"].items()})} for one in summary["turnaround"]]  # fmt: skip
    if rows:
        say("")
        show_table(rows, "", "Notes of visit, in school days")


def show_measures(summary: Mapping[str, Any]) -> None:
    """Print measures before and after, and what supported schools are compared with."""
    rows = [{"measure": one["title"], "unit": one["unit"], "schools": one["schools"], "before": one["baseline"], "after": one["endline"],
             "change": one["change"], "left_out": _left_out(one["left_out"]), "but": one["caution"]} for one in summary["measures"]]  # fmt: skip
    if rows:
        say("")
        show_table(rows, "", "Measures")
    compared = [{"measure": one["title"], "schools": one["schools"], "compared_with": one["compared_with"], "difference": one["estimate"],
                 "95_%_interval": as_range(one["lowest"], one["highest"]), "says": one["says"]} for one in summary["comparisons"]]  # fmt: skip
    if compared:
        say("")
        show_table(compared, "", "Change beyond that of similar schools")


def show_roll_up(summary: Mapping[str, Any]) -> None:
    """Print the promises added up by group, one table a way."""
    for way, groups in summary["roll_up"].items():
        rows = [{way: one["group"], "cases": one["cases"],
                 **{kpi["id"]: f"{kpi['numerator']}/{kpi['denominator']}" for kpi in one["kpis"]}} for one in groups]  # fmt: skip
        say("")
        show_table(rows, "", f"By {way}")
