"""The words of the field: every closed list that tables, rules and programme files share."""

from enum import StrEnum


class Stage(StrEnum):
    """The five stages that a case travels, in order."""

    DIAGNOSE = "diagnose"
    BROKER = "broker"
    SCHEDULE = "schedule"
    PLAN = "plan"
    EVALUATE = "evaluate"


class Status(StrEnum):
    """Where inside a stage a case stands; `stages.journey` says which stage each belongs to."""

    INVITED = "invited"
    AWAITING_PLACE = "awaiting_place"
    SELECTED = "selected"
    AWAITING_SELF_EVALUATION = "awaiting_self_evaluation"
    TO_ASSESS = "to_assess"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    AWAITING_EVIDENCE = "awaiting_evidence"
    TO_MATCH = "to_match"
    UNMET = "unmet"
    AWAITING_APPROVAL = "awaiting_approval"
    AWAITING_SUPPORTER = "awaiting_supporter"
    AWAITING_CONSENT = "awaiting_consent"
    TO_SCHEDULE = "to_schedule"
    UNPLACED = "unplaced"
    AWAITING_DATES = "awaiting_dates"
    BOOKED = "booked"
    TO_DRAFT = "to_draft"
    AWAITING_ADVISER = "awaiting_adviser"
    AWAITING_SCHOOL = "awaiting_school"
    IN_PROGRESS = "in_progress"
    TO_EVALUATE = "to_evaluate"
    AWAITING_ENDLINE = "awaiting_endline"
    AWAITING_JUDGEMENT = "awaiting_judgement"
    COMPLETE = "complete"
    DECLINED = "declined"
    NO_PLACE = "no_place"
    WITHDRAWN = "withdrawn"
    SCHOOL_CLOSED = "school_closed"


class Turn(StrEnum):
    """Whose turn it is."""

    ENGINE = "engine"
    ADVISER = "adviser"
    SCHOOL = "school"
    SUPPORTER = "supporter"
    COMMISSIONER = "commissioner"
    NOBODY = "nobody"


class Role(StrEnum):
    """What a person (or the engine) acts as."""

    ENGINE = "engine"
    ADVISER = "adviser"
    LEAD = "lead"
    COMMISSIONER = "commissioner"
    SUPPORTER = "supporter"
    SCHOOL = "school"
    AUDITOR = "auditor"


class CommissionerKind(StrEnum):
    """The kinds of public body that buy a programme."""

    LOCAL_AUTHORITY = "local_authority"
    PUBLIC_HEALTH = "public_health"
    HEALTH_TRUST = "health_trust"
    ACADEMY_TRUST = "academy_trust"
    SCHOOLS = "schools"


class SchoolStatus(StrEnum):
    """Who maintains a school."""

    MAINTAINED = "maintained"
    ACADEMY = "academy"
    NON_MAINTAINED_SPECIAL = "non_maintained_special"
    INDEPENDENT = "independent"
    OTHER = "other"


class Phase(StrEnum):
    """The phase of a school, special and alternative provision counted as phases of their own."""

    NURSERY = "nursery"
    PRIMARY = "primary"
    MIDDLE = "middle"
    SECONDARY = "secondary"
    ALL_THROUGH = "all_through"
    SPECIAL = "special"
    ALTERNATIVE = "alternative"
    POST_16 = "post_16"


class Missing(StrEnum):
    """Why a figure is not there; a missing figure is never zero."""

    SUPPRESSED = "suppressed"
    NOT_APPLICABLE = "not_applicable"
    NO_ENTRIES = "no_entries"
    NOT_PUBLISHED = "not_published"
    LOW_COVERAGE = "low_coverage"
    NEW_SCHOOL = "new_school"
    NOT_IN_SOURCE = "not_in_source"
    NOT_ANSWERED = "not_answered"
    REDACTED = "redacted"


class SupporterKind(StrEnum):
    """Who can help."""

    ADVISER = "adviser"
    SUPPORTING_SCHOOL = "supporting_school"
    HUB = "hub"
    PROVIDER = "provider"
    MENTOR = "mentor"


class ConflictKind(StrEnum):
    """How a supporter may be too close to a school."""

    EMPLOYER = "employer"
    TRUST = "trust"
    GOVERNOR = "governor"
    FAMILY = "family"
    FORMER_POST = "former_post"
    RIVAL_BID = "rival_bid"
    RECIPROCAL = "reciprocal"
    COLLEAGUE = "colleague"


class ConflictOutcome(StrEnum):
    """What was decided on a conflict; nobody is matched while it is open or barred."""

    OPEN = "open"
    CLEAR = "clear"
    MANAGED = "managed"
    BARRED = "barred"


class MatchStatus(StrEnum):
    """The life of a match."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    AGREED = "agreed"
    REFUSED = "refused"
    MOVED = "moved"
    ENDED = "ended"


class VisitStatus(StrEnum):
    """The life of a visit."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    TO_MOVE = "to_move"
    HELD = "held"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class Slip(StrEnum):
    """Why a visit was not held on the day that was agreed."""

    SCHOOL_ASKED = "school_asked"
    SUPPORTER_ASKED = "supporter_asked"
    SUPPORTER_AWAY = "supporter_away"
    SCHOOL_CLOSED = "school_closed"
    TERM_DATES_CHANGED = "term_dates_changed"
    INSPECTION = "inspection"
    MADE_ROOM = "made_room"
    NOBODY_THERE = "nobody_there"
    OTHER = "other"


class ClosureKind(StrEnum):
    """Why schools have no visits on a day of term."""

    INSET = "inset"
    WEATHER = "weather"
    INSPECTION = "inspection"
    EXAMINATIONS = "examinations"
    OWN = "own"
    OWN_DATES = "own_dates"
    ASKED = "asked"


class AttendanceStatus(StrEnum):
    """The life of a school's place at a meeting."""

    EXPECTED = "expected"
    APOLOGIES = "apologies"
    CAME = "came"
    ABSENT = "absent"
    GIVEN_BACK = "given_back"


class NoteStatus(StrEnum):
    """The life of a note of visit."""

    DRAFT = "draft"
    WITH_SCHOOL = "with_school"
    DISPUTED = "disputed"
    WITH_LEAD = "with_lead"
    PUBLISHED = "published"
    CLOSED = "closed"


class DayPart(StrEnum):
    """The part of a day that a visit takes."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    WHOLE_DAY = "whole_day"

    @property
    def half_days(self) -> int:
        """Return how many half days it is."""
        return 2 if self is DayPart.WHOLE_DAY else 1


class Rag(StrEnum):
    """A red, amber or green rating."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"


class PlanStatus(StrEnum):
    """The life of one version of an action plan."""

    DRAFT = "draft"
    AGREED = "agreed"
    REPLACED = "replaced"


class MoneyKind(StrEnum):
    """The kinds of line in a commission's ledger."""

    BUDGET = "budget"
    COMMITTED = "committed"
    RELEASED = "released"
    USED = "used"


class MessageStatus(StrEnum):
    """The life of a message."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class CommissionStatus(StrEnum):
    """The life of a commission."""

    RUNNING = "running"
    PAUSED = "paused"
    CLOSED = "closed"
