"""The nouns of Lodestar: importing this package makes every table known to the metadata."""

from models.case import Case, CaseSchool
from models.commission import Commission, LedgerLine, ProgrammeVersion, Selection, StageRun
from models.evidence import Answer, Asking, Diagnosis, Evidence, Finding, Inspection, Load, Need
from models.feed import Feed
from models.match import Match
from models.meeting import Attendance, GroupPlace, Meeting, SupportGroup
from models.membership import Membership, Survey, SurveyResponse
from models.message import Delivery, Message, OptOut
from models.partnership import Commissioner, Partnership, Person
from models.plan import Action, ActionPlan, Milestone, Objective
from models.review import Evaluation, KpiResult, Measure, Review
from models.school import Contact, GroupMember, School, SchoolGroup, SchoolLink
from models.supporter import Conflict, Declaration, DueDiligence, Expertise, Leave, Supporter
from models.term import Closure, Term
from models.theme import Guide, Theme
from models.trail import Decision, Event, Relayed
from models.visit import DateOffer, NoteOfVisit, NoteVersion, SchoolPart, Visit, VisitSlip

__all__ = [
    "Action",
    "ActionPlan",
    "Answer",
    "Asking",
    "Attendance",
    "Case",
    "CaseSchool",
    "Closure",
    "Commission",
    "Commissioner",
    "Conflict",
    "Contact",
    "DateOffer",
    "Decision",
    "Declaration",
    "Delivery",
    "Diagnosis",
    "DueDiligence",
    "Evaluation",
    "Event",
    "Evidence",
    "Expertise",
    "Feed",
    "Finding",
    "GroupMember",
    "GroupPlace",
    "Guide",
    "Inspection",
    "KpiResult",
    "Leave",
    "LedgerLine",
    "Load",
    "Match",
    "Measure",
    "Meeting",
    "Membership",
    "Message",
    "Milestone",
    "Need",
    "NoteOfVisit",
    "NoteVersion",
    "Objective",
    "OptOut",
    "Partnership",
    "Person",
    "ProgrammeVersion",
    "Relayed",
    "Review",
    "School",
    "SchoolGroup",
    "SchoolLink",
    "SchoolPart",
    "Selection",
    "StageRun",
    "SupportGroup",
    "Supporter",
    "Survey",
    "SurveyResponse",
    "Term",
    "Theme",
    "Visit",
    "VisitSlip",
]
