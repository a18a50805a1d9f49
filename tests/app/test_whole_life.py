"""The whole life of a commission by commands only, as somebody without any page would lead it."""

import datetime
from pathlib import Path

from simulation.wexcombe import write_register
from tests.app.conftest import Run
from tests.stages.builders import programme_text

REFERENCE = "WEX-2026"
DECISIONS: dict[str, tuple[str, ...]] = {
    "invited": ("opt-in", "--as", "school", "--by", "headteacher"),
    "awaiting_self_evaluation": (
        "answer", "--as", "school", "--by", "headteacher", "--focus", "food",
        "--answer", "uniform=2", "--answer", "trips=3", "--answer", "food=1", "--answer", "advice=4",
    ),
    "awaiting_confirmation": ("confirm", "--as", "adviser", "--by", "link adviser"),
    "awaiting_approval": ("approve", "--as", "commissioner", "--by", "commissioner"),
    "awaiting_supporter": ("accept-case", "--as", "supporter", "--by", "supporter"),
    "awaiting_consent": ("accept-support", "--as", "school", "--by", "headteacher"),
    "awaiting_dates": ("confirm-dates", "--as", "school", "--by", "headteacher"),
    "awaiting_adviser": ("agree-plan", "--as", "adviser", "--by", "link adviser"),
    "awaiting_school": ("agree-plan", "--as", "school", "--by", "headteacher"),
    "awaiting_judgement": ("judge", "--as", "adviser", "--by", "link adviser", "--reason", "Pupils no longer miss out."),
}  # fmt: skip


class Office:
    """Somebody at a terminal; `today` is the simulated day."""

    def __init__(self, lodestar: Run, today: datetime.date) -> None:
        self.lodestar, self.today = lodestar, today

    def do(self, *words: object, dated: bool = True) -> str:
        ran = self.lodestar(*words, *(("--as-of", f"{self.today}T17:00") if dated else ()))
        assert (ran.code, ran.err) == (0, ""), words
        return ran.out

    def read(self, *words: object) -> list[dict[str, str]]:
        found: list[dict[str, str]] = self.lodestar(*words, "--json").json
        return found

    def decide(self, case: str, kind: str, *more: str) -> None:
        self.do("decide", kind, case, *more)

    def lead_on(self, case: str, status: str) -> bool:
        """Do what is next for one case; tell whether there was anything to do today."""
        if status in DECISIONS:
            kind, *more = DECISIONS[status]
            self.decide(case, kind, *more)
            return True
        shown = self.lodestar("case", "show", case, "--json").json
        for visit in shown["visits"]:
            if visit["status"] == "confirmed" and visit["day"] <= str(self.today):
                said = ("--strengths", "Staff know their families well.", "--areas", "Costs add up.", "--action", "Ask families")
                self.decide(case, "write-note", "--as", "supporter", "--by", "supporter", "--visit", visit["session"], *said)
                self.decide(case, "note-accurate", "--as", "school", "--by", "headteacher")
                return True
        if status == "in_progress" and all(visit["status"] == "held" for visit in shown["visits"]):
            self.decide(case, "hold-review", "--as", "adviser", "--by", "link adviser", "--rag", "green", "--reason", "On track.")
            return True
        return False

    def next_day(self) -> None:
        """Go to the next day on which there is a visit."""
        days = [
            visit["day"]
            for case in self.read("case", "list", "--commission", REFERENCE)
            for visit in self.lodestar("case", "show", case["case"], "--json").json["visits"]
            if visit["status"] == "confirmed"
        ]
        self.today = max(self.today + datetime.timedelta(days=1), datetime.date.fromisoformat(min(days)))


def test_a_commission_lives_from_opening_to_its_report_by_commands_only(lodestar: Run, tmp_path: Path) -> None:
    # Given a new installation with a register and people,
    office = Office(lodestar, datetime.date(2026, 9, 2))
    register = write_register(tmp_path / "edubasealldata20260801.csv")
    (tmp_path / "offer.yaml").write_text(programme_text(places=2, take_part={
        "invited": {"status": ["maintained"], "phases": ["primary"]}, "may_opt_in": {"status": ["academy"], "phases": ["all_through"]},
        "ranked_by": "fsm_share", "places": 2,
    }))  # fmt: skip
    (tmp_path / "supporters.csv").write_text(
        "name,email,kind,skills,days_a_year,pounds_a_day,easting,northing\n"
        "Ada O'Brien,ada@partnership.example,adviser,disadvantage:3,20,520,455000,195000\n"
        '"Bo, the other",bo@partnership.example,adviser,disadvantage:2,20,480,450000,190000\n'
    )
    office.do("db", "upgrade", dated=False)
    office.do(
        "commissioner", "add", "Wexcombe Council", "--kind", "local_authority", "--authority", "999", "--email", "c@council.example", dated=False
    )
    office.do("person", "add", "The link adviser", "--email", "adviser@partnership.example", "--role", "adviser", dated=False)
    assert "2 supporters were added." in office.do("supporter", "load", tmp_path / "supporters.csv", dated=False)
    assert "100 of them open and state-funded" in office.do("register", "load", register, "--authority", "999")
    schools = office.read("register", "list", "--authority", "999")
    contacts = "".join(f"{school['urn']},headteacher,Headteacher,head@school-{school['urn']}.example\n" for school in schools)
    (tmp_path / "contacts.csv").write_text("urn,role,name,email\n" + contacts)
    assert "100 contacts were set." in office.do("contact", "load", tmp_path / "contacts.csv", dated=False)
    (tmp_path / "conflicts.csv").write_text(f"supporter,urn,kind\nAda O'Brien,{schools[0]['urn']},governor\n")
    assert "1 conflict was declared." in office.do("supporter", "conflicts", tmp_path / "conflicts.csv")
    for name, said in (("Ada O'Brien", ("--conflict", f"{schools[0]['urn']}:governor")), ("Bo, the other", ("--nothing",))):
        assert f"The declaration of {name} is recorded" in office.do("supporter", "declare", name, *said)
    # when a commission is opened and everybody does what is theirs,
    opened = office.do(
        "commission", "open", REFERENCE, "--programme", tmp_path / "offer.yaml", "--commissioner", "Wexcombe Council",
        "--starts", "2026-09-02", "--budget", "£40,000",
    )  # fmt: skip
    assert f"{REFERENCE} is open: 2 schools are in, 2 are asked, 96 are out." in opened
    assert lodestar("commission", "close", REFERENCE, "--as", "lead", "--by", "lead", "--reason", "x").code == 1
    for _ in range(200):
        cases = office.read("case", "list", "--commission", REFERENCE)
        if all(case["status"] == "complete" for case in cases):
            break
        moved = [office.lead_on(case["case"], case["status"]) for case in cases]
        office.do("commission", "advance", REFERENCE)
        if not any(moved) and cases == office.read("case", "list", "--commission", REFERENCE):
            office.next_day()
    # then every case is complete,
    cases = office.read("case", "list", "--commission", REFERENCE)
    assert [case["status"] for case in cases] == ["complete"] * 4
    assert all(line["by"] for line in office.read("case", "history", cases[0]["case"]))
    # the figures add up,
    summary = lodestar("commission", "status", REFERENCE, "--as-of", f"{office.today}T18:00", "--json").json
    assert summary["visits"] == {"held": 8} and summary["notes"] == {"published": 8}
    money = summary["money"]
    assert money["budget_pence"] == 4_000_000 and money["committed_pence"] == money["used_pence"] > 0
    assert {kpi["id"]: kpi["percent"] for kpi in summary["kpis"]}["visited-twice"] == 100.0
    # the commission can be closed, and its report names it.
    assert f"{REFERENCE} is closed now." in office.do("commission", "close", REFERENCE, "--as", "lead", "--by", "lead", "--reason", "Done.")
    page = Path(office.do("commission", "report", REFERENCE).strip())
    assert page.is_file() and REFERENCE in page.read_text(encoding="utf-8")
    assert office.read("commission", "list")[0]["status"] == "closed"
    assert lodestar("commission", "advance", REFERENCE).err == f"Commission {REFERENCE} is closed: nothing moves until it is running.\n"


def test_reminders_pauses_themes_and_guides_by_command(lodestar: Run, tmp_path: Path) -> None:
    office = Office(lodestar, datetime.date(2026, 9, 2))
    register = write_register(tmp_path / "edubasealldata20260801.csv")
    (tmp_path / "offer.yaml").write_text(programme_text(places=2))
    office.do("db", "upgrade", dated=False)
    office.do(
        "commissioner", "add", "Wexcombe Council", "--kind", "local_authority", "--authority", "999", "--email", "c@council.example", dated=False
    )
    office.do("person", "add", "The link adviser", "--email", "adviser@partnership.example", dated=False)
    office.do("register", "load", register, "--authority", "999")
    office.do(
        "commission", "open", REFERENCE, "--programme", tmp_path / "offer.yaml", "--commissioner", "Wexcombe Council",
        "--starts", "2026-09-02", "--budget", "40000",
    )  # fmt: skip
    office.do("commission", "advance", REFERENCE)
    office.today = datetime.date(2026, 9, 18)
    assert "100 newsletters and 4 reminders were put into the outbox." in office.do("commission", "remind", REFERENCE)
    assert office.do("commission", "remind", REFERENCE).startswith("Nobody has to be reminded today.\n")
    office.do("commission", "pause", REFERENCE, "--as", "lead", "--by", "partnership lead", "--reason", "An election.")
    assert lodestar("commission", "advance", REFERENCE).code == 1
    assert lodestar("commission", "remind", REFERENCE).err == f"Commission {REFERENCE} is paused: nothing moves until it is running.\n"
    office.do("commission", "resume", REFERENCE, "--as", "lead", "--by", "partnership lead", "--reason", "It is over.")
    for case in office.read("case", "list", "--commission", REFERENCE, "--status", "awaiting_self_evaluation"):
        office.lead_on(case["case"], case["status"])
    assert "Food and breakfast" in office.do("commission", "themes", REFERENCE)
    guide = ("--theme", "Food and breakfast", "--guide", "Breakfast for all")
    assert office.do("commission", "themes", REFERENCE, *guide) == 'The guide "Breakfast for all" goes to 2 schools.\n'
    assert lodestar("commission", "themes", REFERENCE, *guide).code == 1
