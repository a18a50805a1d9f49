"""What a programme asks of the engine, and what of that is not built yet."""

from collections.abc import Iterator
from typing import get_args

from models.errors import NotSupported
from models.programme import CaseFact, Programme
from models.words import Stage

_FACTS_NOW = frozenset({
    "taking_part", "self_evaluation_returned", "focus_chosen", "match_agreed", "visited", "visits_held", "note_published",
    "census_returned", "report_sent", "plan_agreed", "review_held", "inspected_since", "good_or_better_since", "evaluated", "near_points",
    "completed", "actions_done", "better_than_national", "attended", "trained", "reviewed_by_peer", "grouped", "paired", "in_induction",
    "post_taken", "head_retained", "improved_since",
})  # fmt: skip
_OPENED_BY_NOW = frozenset({"new_inspection", "new_result", "change_of_head", "request"})
_ROLLED_UP_NOW = frozenset({"trust", "phase", "diocese", "hub", "area"})
_INSTRUMENTS_NOW = frozenset({"self_evaluation", "assessment", "census"})
_MEASURES_NOW = frozenset(
    {"pre_post", "inspection", "endline_only", "trend", "rate_against_national", "months_of_progress", "attainment_gap", "counts"}
)


def missing_features(programme: Programme) -> list[str]:
    """Return in plain words, each once, what the programme asks for and the engine cannot do yet."""
    return sorted({*_in_selection(programme), *_in_diagnosis(programme), *_in_support(programme), *_in_results(programme)})


def check_supported(programme: Programme) -> None:
    """Raise NotSupported naming everything that is not built yet."""
    missing = missing_features(programme)
    if missing:
        raise NotSupported(f"{programme.title} cannot be opened; not supported yet: {', '.join(missing)}.")


def _in_selection(programme: Programme) -> Iterator[str]:
    take_part = programme.take_part
    # The head of a school is the case of that school.
    if take_part.unit not in {"school", "person"}:
        yield f"cases that are a {take_part.unit}"
    yield from (f"cases opened by {trigger.replace('_', ' ')}" for trigger in take_part.opened_by if trigger not in _OPENED_BY_NOW)
    yield from (f"results rolled up by {by}" for by in take_part.roll_up_by if by not in _ROLLED_UP_NOW)
    if take_part.member_kinds:
        yield "members that are not schools"
    if take_part.setting_kinds:
        yield "settings that are not schools"
    if take_part.invited is None and take_part.may_opt_in is None and not take_part.opened_by:
        yield "a programme in which nobody takes part"
    if not {Stage.DIAGNOSE, Stage.EVALUATE} <= {*programme.stages} or (Stage.BROKER in programme.stages) != (Stage.SCHEDULE in programme.stages):
        yield "leaving out diagnosis or evaluation, or only one of brokering and visits"
    elif Stage.SCHEDULE in programme.stages and Stage.PLAN not in programme.stages:
        yield "visits without plans"


def _in_diagnosis(programme: Programme) -> Iterator[str]:
    for instrument in programme.diagnose.instruments:
        if instrument.kind not in _INSTRUMENTS_NOW:
            yield f"the instrument {instrument.kind}"
    if any(category.days_per == "year" for category in programme.diagnose.categories):
        yield "entitlement by year"


def _in_support(programme: Programme) -> Iterator[str]:
    if not programme.schedule.sessions and Stage.SCHEDULE in programme.stages:
        yield "visits without sessions"
    yield from (f"a gate before {gate.before}" for gate in programme.gates)


def _in_results(programme: Programme) -> Iterator[str]:
    facts = {kpi.counts for kpi in programme.evaluate.kpis}
    yield from (f"a KPI that counts {fact.replace('_', ' ')}" for fact in get_args(CaseFact) if fact in facts - _FACTS_NOW)
    yield from (f"a measure of the kind {m.kind.replace('_', ' ')}" for m in programme.evaluate.measures if m.kind not in _MEASURES_NOW)
    if any(kpi.per == "respondent" or kpi.of in {"goals", "commitments"} for kpi in programme.evaluate.kpis):
        yield "KPIs that do not count schools"
    if any(m.income_source for m in programme.evaluate.measures):
        yield "measures of sources of income"
    for asked, name in (
        (programme.parts, "programmes made of several"),
        (programme.goals, "strategic goals"),
        (programme.commitments, "public commitments"),
        (programme.prices, "licences and memberships"),
        (programme.income_sources, "a ledger by source"),
    ):
        if asked:
            yield name
    if programme.board_report:
        yield "a board report"
