"""One sample of every message, made by the function that makes it in earnest."""

import datetime
from collections.abc import Callable

from calendars.invitations import Entry, Standing, stable_uid
from models.programme import Instrument
from models.words import DayPart
from notifications.draft import Draft, Letterhead, Recipient
from notifications.messages import to_school, to_staff

SCHOOL = "St Mary's & All Saints' School"
DUE = datetime.date(2027, 3, 3)
DUE_IN_WORDS = "Wednesday 3 March 2027"
HEAD = Letterhead(
    7, "HERTS-7", "Eliminating economic exclusion", "The Wexcombe Partnership", "Wexcombe Council", "The link adviser", "adviser@p.example"
)
HEADTEACHER = Recipient("headteacher", "Mr O'Brien", "o'brien@school.example")
LINK_ADVISER = Recipient("adviser", "The link adviser", "a@p.example")
SUPPORTER = Recipient("supporter", "Adviser 4", "adviser4@p.example")
VISITS = [
    {"day": "2027-04-20", "part": "morning", "purpose": "Exploratory visit"},
    {"day": "2027-11-08", "part": "afternoon", "purpose": "Follow-up"},
]
MEETINGS = [
    {"number": 3, "day": "2027-04-20", "part": "morning", "purpose": "Hub meeting", "where": "at your school", "book": False},
    {"number": 4, "day": "2027-05-11", "part": "afternoon", "purpose": "Open week", "where": "online", "book": True},
]
MOVED_FROM, MOVED_TO = datetime.date(2027, 4, 20), datetime.date(2027, 5, 4)

OPENED_AT = datetime.datetime(2026, 9, 1, 9, tzinfo=datetime.UTC)


def entry(number: int, day: datetime.date, school: str, standing: Standing = "CONFIRMED", sequence: int = 0, what: str = "visit") -> Entry:
    """Return an entry of a calendar, of a visit or meeting on the morning of a day."""
    uid = stable_uid(HEAD.reference, OPENED_AT, what, number)
    about = f"{HEAD.programme}\nReference: {HEAD.reference}"
    return Entry(uid, sequence, standing, day, DayPart.MORNING, f"Exploratory visit: {school}", f"{school}, HP1 1AA", about, HEAD.adviser,
                 HEAD.adviser_email)  # fmt: skip


def two_entries(school: str, standing: Standing = "CONFIRMED") -> list[Entry]:
    """Return the entries of two visits."""
    return [entry(3, MOVED_FROM, school, standing), entry(4, datetime.date(2027, 11, 8), school, standing)]


CENSUS = [
    {"asks": "How many feel safe?", "group": "girls", "here": "61 %", "area": "58 %", "before": [["2026/27", "too few pupils to show"]]},
    {"asks": "How many sleep well?", "group": None, "here": "40 %", "area": "too few schools to show", "before": []},
]
NOTE = {
    "told": [{"id": "changed", "asks": "What has changed?", "answer": None}],
    "sections": [{"title": "Strengths", "text": "Calm corridors."}, {"title": "Areas to work on", "text": "Costs add up."}],
    "evidence": ["Documents: the policy on charges"],
    "actions": [{"action": "Ask families", "owner": "deputy headteacher", "due": "2027-06-01"}],
}
Sample = Callable[[str], Draft]
COST = Instrument.model_validate({
    "id": "cost", "kind": "self_evaluation", "title": "The cost of the school day", "by_group": ["send_support", "fsm"],
    "questions": [
        {"id": "sure", "asks": "How sure are you?"},
        {"id": "now", "asks": "And now?", "labels": ["Not yet", "Starting", "Secure", "Embedded"]},
        {"id": "pupils", "asks": "How many pupils eat breakfast?", "kind": "count"},
        {"id": "pounds", "asks": "What does a trip cost?", "kind": "number", "unit": "pounds"},
        {"id": "who", "asks": "Who leads?", "kind": "choice", "choices": ["Head", "Deputy"]},
        {"id": "else", "asks": "Anything else?", "kind": "text"},
    ],
})  # fmt: skip
SAMPLES: dict[str, Sample] = {
    "invitation": lambda s: to_school.invitation(HEAD, HEADTEACHER, 12, 1, s, "Two visits in two years.", DUE),
    "welcome": lambda s: to_school.welcome(HEAD, HEADTEACHER, 12, 1, s, "Two visits in two years."),
    "place_wanted": lambda s: to_school.place_wanted(HEAD, HEADTEACHER, 12, 2, s, 20, DUE),
    "place_given": lambda s: to_school.place_given(HEAD, HEADTEACHER, 12, 3, s, "Seven modules.", waited=True),
    "place_waiting": lambda s: to_school.place_waiting(HEAD, HEADTEACHER, 12, 4, s, 20, 3, DUE),
    "no_place": lambda s: to_school.no_place(HEAD, HEADTEACHER, 12, 5, s, 20),
    "self_evaluation": lambda s: to_school.self_evaluation(HEAD, HEADTEACHER, 12, 2, s, COST, ["Food", "Trips"], DUE),
    "census_report": lambda s: to_school.census_report(HEAD, HEADTEACHER, 12, "census", 2027, s, f"Census at {s}", CENSUS, 14, 10),
    "category": lambda s: to_school.category(HEAD, HEADTEACHER, 12, 3, s, "Targeted support", "1.5 days", "Score 71.", 10),
    "category_moderated": lambda s: to_school.category_moderated(
        HEAD, HEADTEACHER, 12, 4, s, "changed", "Targeted support", "1.5 days", "More pupils are in need.", replied=True
    ),
    "support_offer": lambda s: to_school.support_offer(HEAD, HEADTEACHER, 12, 4, s, "Adviser 4", "She is near.", DUE),
    "support_taken_back": lambda s: to_school.support_taken_back(HEAD, HEADTEACHER, 12, 5, s, "Adviser 4"),
    "dates": lambda s: to_school.dates(HEAD, HEADTEACHER, 12, 5, s, "Adviser 4", VISITS, DUE),
    "dates_confirmed": lambda s: to_school.dates_confirmed(HEAD, HEADTEACHER, 12, 6, s, "Adviser 4", VISITS, two_entries(s)),
    "date_choice": lambda s: to_school.date_choice(
        HEAD, HEADTEACHER, 12, 3, 2, s, "Exploratory visit", MOVED_FROM, "Adviser 4", [{"day": MOVED_TO.isoformat(), "part": "morning"}], DUE
    ),
    "visit_missed": lambda s: to_school.visit_missed(
        HEAD,
        HEADTEACHER,
        12,
        3,
        2,
        s,
        "Exploratory visit",
        MOVED_FROM,
        "Adviser 4",
        "The gate was locked.",
        {"charged": "half a day", "left": "1 day", "needed": "half a day"},
    ),
    "visit_moved": lambda s: to_school.visit_moved(
        HEAD,
        HEADTEACHER,
        12,
        3,
        2,
        s,
        "Exploratory visit",
        (MOVED_FROM, "afternoon"),
        (MOVED_TO, "morning"),
        "the supporter is away that day",
        [entry(3, MOVED_TO, s, sequence=2)],
    ),
    "visit_joined": lambda s: to_school.visit_joined(
        HEAD,
        HEADTEACHER,
        12,
        "visit-3-2",
        s,
        "Exploratory visit",
        MOVED_FROM,
        "morning",
        ("Adviser 4", "Coach 2"),
        entry(3, MOVED_FROM, s, sequence=2),
    ),
    "visit_undated": lambda s: to_school.visit_undated(
        HEAD, HEADTEACHER, 12, "3-2", s, "Exploratory visit", MOVED_FROM, "the supporter is away that day", [entry(3, MOVED_FROM, s, "TENTATIVE", 2)]
    ),
    "visit_cancelled": lambda s: to_school.visit_cancelled(
        HEAD, HEADTEACHER, 12, 3, 2, s, "Exploratory visit", MOVED_FROM, "The school is closed.", [entry(3, MOVED_FROM, s, "CANCELLED", 2)]
    ),
    "dates_off": lambda s: to_school.dates_off(HEAD, HEADTEACHER, 12, 9, s, two_entries(s, "CANCELLED"), "somebody else is sought"),
    "visit_soon": lambda s: to_school.visit_soon(HEAD, HEADTEACHER, 12, 3, 2, s, "Adviser 4", "Exploratory visit", MOVED_FROM, "morning"),
    "meeting_soon": lambda s: to_school.meeting_soon(HEAD, HEADTEACHER, 12, 7, 1, s, "Hub meeting", MOVED_FROM, "morning", f"at {s}"),
    "visits_booked": lambda s: to_staff.visits_booked(HEAD, SUPPORTER, 12, "6/4", two_entries(s)),
    "visit_changed": lambda s: to_staff.visit_changed(
        HEAD, SUPPORTER, 12, "visit-3-2", MOVED_FROM, entry(3, MOVED_TO, s, sequence=2), "the school is closed that day"
    ),
    "visits_off": lambda s: to_staff.visits_off(HEAD, SUPPORTER, 12, "visit-3-3", [entry(3, MOVED_FROM, s, "CANCELLED", 3)], "The school is closed."),
    "visit_ahead": lambda s: to_staff.visit_ahead(HEAD, SUPPORTER, 12, "visit-3-2", entry(3, MOVED_FROM, s)),
    "note_due": lambda s: to_staff.note_due(
        HEAD, SUPPORTER, 12, "visit-3-2/before-0", s, "Exploratory visit", datetime.date(2027, 3, 2), DUE, writes=True, overdue=False
    ),
    "note_for_reply": lambda s: to_school.note_for_reply(HEAD, HEADTEACHER, 12, 3, 1, s, MOVED_FROM, NOTE, DUE),
    "note_published": lambda s: to_school.note_published(
        HEAD, HEADTEACHER, "headteacher", 12, 3, 2, s, "Exploratory visit", MOVED_FROM, NOTE, ("We see it differently.", 1), corrected=True
    ),
    "note_returned": lambda s: to_staff.note_returned(HEAD, SUPPORTER, 12, 3, 2, s, "Exploratory visit", MOVED_FROM, "Say what was seen."),
    "plan_for_agreement": lambda s: to_school.plan_for_agreement(HEAD, HEADTEACHER, 12, 7, s, ["Remove barriers", "Brief staff"], DUE),
    "plan_agreed": lambda s: to_school.plan_agreed(HEAD, HEADTEACHER, 12, 8, s, ["Remove barriers", "Brief staff"], DUE),
    "evaluation": lambda s: to_school.evaluation(HEAD, HEADTEACHER, 12, 9, s, ["Visits held: 2"], "Good progress."),
    "paused": lambda s: to_school.standing("paused", HEAD, HEADTEACHER, 12, 10, s, "The head is new."),
    "resumed": lambda s: to_school.standing("resumed", HEAD, HEADTEACHER, 12, 11, s, "The head has settled in."),
    "withdrawn": lambda s: to_school.standing("withdrawn", HEAD, HEADTEACHER, 12, 12, s, "The school merges."),
    "successor": lambda s: to_school.standing("successor", HEAD, HEADTEACHER, 12, 13, s, "It became an academy."),
    "reminder": lambda s: to_school.reminder(HEAD, HEADTEACHER, 12, 14, "before-3", s, "your own view of the school", DUE, False),
    "match_offer": lambda s: to_staff.match_offer(HEAD, SUPPORTER, 12, 15, s, "disadvantage", "1.5 days", "You are near.", DUE),
    "match_taken_back": lambda s: to_staff.match_taken_back(HEAD, SUPPORTER, 12, 16, s),
    "overdue": lambda s: to_staff.overdue(HEAD, LINK_ADVISER, 12, 16, s, "your plan", "Mr O'Brien", DUE),
    "worklist": lambda s: to_staff.worklist(
        HEAD, SUPPORTER, DUE, [{"says": "1 note of visit to write", "schools": [{"name": s, "due": "2027-04-20"}], "more": 0, "dated": "visit on"}]
    ),
    "meetings": lambda s: to_school.meetings(
        HEAD, HEADTEACHER, 12, 5, s, f"Triads {s}", MEETINGS, ["senior_leader"], [entry(3, MOVED_FROM, s, what="meeting")]
    ),
    "meeting_changed": lambda s: to_school.meeting_changed(
        HEAD,
        HEADTEACHER,
        12,
        7,
        1,
        s,
        "Hub meeting",
        MOVED_FROM,
        MOVED_TO,
        "morning",
        f"at {s}",
        "the host is closed that day",
        [entry(7, MOVED_TO, s, sequence=1, what="meeting")],
    ),
    "meeting_cancelled": lambda s: to_school.meeting_cancelled(
        HEAD,
        HEADTEACHER,
        12,
        7,
        s,
        "Hub meeting",
        MOVED_FROM,
        "nobody is left who would come",
        [entry(7, MOVED_FROM, s, "CANCELLED", 2, "meeting")],
    ),
    "meeting_held": lambda s: to_school.meeting_held(
        HEAD,
        HEADTEACHER,
        12,
        7,
        s,
        "Hub meeting",
        MOVED_FROM,
        "an educational psychologist",
        ["A reading list"],
        NOTE,
        came=True,
    ),
    "category_reply": lambda s: to_staff.category_reply(HEAD, LINK_ADVISER, 12, 17, s, "Our roll has grown since the census."),
    "new_evidence": lambda s: to_staff.new_evidence(
        HEAD, LINK_ADVISER, 5, 12, s, "By the rules its category would now be Targeted support.", "its need is worked out again."
    ),
    "override_lapsed": lambda s: to_staff.override_lapsed(HEAD, LINK_ADVISER, 12, s, "Targeted support", DUE),
    "visit_stuck": lambda s: to_staff.visit_stuck(HEAD, LINK_ADVISER, 12, "3-2", s, "Follow-up", MOVED_FROM, "the supporter is away"),
    "meeting_stuck": lambda s: to_staff.meeting_stuck(HEAD, LINK_ADVISER, 12, 7, "7-2", s, "Hub meeting", MOVED_FROM, "The supporter is away."),
    "newsletter": lambda s: to_staff.newsletter(HEAD, HEADTEACHER, 990_001, f"Autumn 1 2026 {s}", {"Schools taking part": "64"}),
    "guide": lambda s: to_staff.guide(HEAD, HEADTEACHER, 12, f"Uniform without tears {s}", "Strategic group"),
    "themes_report": lambda s: to_staff.themes_report(
        HEAD, HEADTEACHER, 12, f"What peers found {s}", "Steering group", 4, [(f"Food at {s}", 3), ("Trips", 1)]
    ),
    "case_opened": lambda s: to_staff.case_opened(HEAD, LINK_ADVISER, 12, s, "Worse: concerns were raised."),
    "handover": lambda s: to_staff.handover(HEAD, SUPPORTER, 12, 9, s, [{"title": "Visits so far", "lines": [f"Exploratory visit at {s}."]}]),
    "declaration": lambda s: to_staff.declaration(HEAD, SUPPORTER, 3, DUE),
    "declaration_reminder": lambda s: to_staff.declaration_reminder(HEAD, SUPPORTER, 3, "after-2", DUE, True),
    "link_to_decide": lambda s: to_staff.link_to_decide(
        HEAD, LINK_ADVISER, 12, "3-2027", "Adviser 4", 990_001, s, "former_post", "declared by the supporter"
    ),
    "link_said_over": lambda s: to_staff.link_said_over(
        HEAD, LINK_ADVISER, 12, "3-2027", "Adviser 4", 990_001, s, "former_post", "barred", datetime.date(2026, 8, 31)
    ),
    "declaration_missing": lambda s: to_staff.declaration_missing(HEAD, LINK_ADVISER, 3, "Adviser 4", DUE),
}
# Messages that ask for something by a day.
ASKING = ("invitation", "date_choice", "self_evaluation", "support_offer", "dates", "note_for_reply", "plan_for_agreement", "reminder", "match_offer", "overdue", "declaration",
          "declaration_reminder", "declaration_missing", "note_due")  # fmt: skip
# Messages to the adviser that leave something to do for which no day is set.
OPEN_ENDED = ("case_opened", "meeting_stuck", "category_reply", "link_to_decide", "override_lapsed", "visit_stuck")


def draft_of(kind: str, school: str = SCHOOL) -> Draft:
    """Return the sample of one message, about a school of that name."""
    return SAMPLES[kind](school)
