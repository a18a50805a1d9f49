"""lodestar evidence: load public files, see what was understood, what is known of a school, and check it against what was published."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlmodel import col, select

from app.output import complain, err, say, show, show_json
from app.session import AsOf, Json, Number, moment, open_database
from evidence.history import replaced
from evidence.indicators import INDICATORS, title_of
from evidence.known import by_group, load_series, sources
from evidence.loading import LoadedFile, load_files
from evidence.recognising import KINDS
from evidence.standings import load_standings
from models.errors import BadFile, NotFound
from models.evidence import Load
from models.school import School
from reports.agreement import agreement
from reports.published_checks import published_checks

app = App(name="evidence")
Authority = Annotated[
    str | None, Parameter(help="Keep to one authority, by its three digits; without it all is kept, as national files are in any case.")
]
Year = Annotated[int | None, Parameter(help="The year in which the school year of the files ends, if neither they nor their names say it.")]
Smaller = Annotated[bool, Parameter(negative=(), help="Load a file though it keeps much less than the load that it replaces, which may be cut.")]
Instead = Annotated[bool, Parameter(negative=(), help="Take out an earlier load of the same figures as another school year, which was wrong.")]


@app.command
def load(
    *files: Path, authority: Authority = None, year: Year = None, smaller: Smaller = False, instead: Instead = False, as_of: AsOf = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Load files as people download them (zip, csv, xlsx, json, ics, yaml); each is recognised by its columns, and loaded whole or not at all.

    A file that cannot be used is refused with the reason, and the others are loaded all the same; exit code 1 then. Term dates are a calendar (ics)
    or a list under `terms:` (yaml), each with `start:`, `end:` and, if need be, `half_terms:`; the how-to has an example.
    """
    if not files:
        raise BadFile("Which files? Give the path of at least one.")
    database, at, refused = open_database(), moment(as_of), 0
    loaded: list[dict[str, Any]] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=err, disable=json or not err.is_terminal, transient=True)
    bar = progress.add_task("Loading", total=len(files))

    numbers = iter(range(1, len(files) + 1))

    def telling(path: Path, doing: str) -> None:
        # Where there is no terminal nobody sees the bar, so that a line is all that tells which file is being worked on.
        if doing == "reading" and progress.disable and not json and len(files) > 1:
            err.print(f"{next(numbers)} of {len(files)}: {doing} {path.name}", markup=False, emoji=False)
        progress.update(bar, description=f"{doing} {path.name}")

    # Whatever goes wrong meanwhile, the process that reads ahead is ended before it is told.
    with progress, closing(load_files(database, files, at, authority, year, telling, smaller=smaller, instead=instead)) as each:
        for found in each:
            if isinstance(found, BadFile):
                if len(files) == 1:
                    raise found
                complain(str(found))
                refused += 1
            else:
                loaded.append(_understood(found))
                if not json:
                    _tell(found, authority)
            progress.advance(bar)
    if json:
        show_json(loaded)
    if refused:
        raise BadFile(f"{refused} of {len(files)} files {'was' if refused == 1 else 'were'} refused; what was there before stays.")


def _understood(found: LoadedFile) -> dict[str, Any]:
    one = found.load
    return {
        "file": one.file_name, "kind": one.kind, "edition": one.edition, "scope": one.scope, "rows_read": one.rows_read, "rows_kept": one.rows_kept,
        "skipped": one.skipped, "unknown_columns": one.unknown_columns, "codes": one.codes, "loaded_before": found.understood is None,
    }  # fmt: skip


def _tell(found: LoadedFile, authority: str | None) -> None:
    """Say what was understood of a file, in a few lines; also where it is of all England though one authority was asked for."""
    one = found.load
    if found.understood is None:
        say(f"{one.file_name}: the same file was loaded before ({one.kind}, {one.edition}), so nothing changes.")
        return
    figures = len(found.understood.figures) + len(found.understood.area_figures)
    say(f"{one.file_name}: {one.kind}, {one.edition}; {one.rows_read:,} rows read, {one.rows_kept:,} kept, {figures:,} figures.")
    if authority not in (None, one.scope):
        say(f"  of all England: {one.kind} is national, so that nothing was left out for authority {authority}")
    for reason, count in one.skipped.items():
        say(f"  {'noted' if 'kept' in reason or 'place of' in reason else 'left out'}: {count:,} ({reason})")
    if one.codes:
        say("  codes instead of numbers: " + ", ".join(f"{code} {count:,}" for code, count in sorted(one.codes.items())))
    if one.unknown_columns:
        more = f" and {len(one.unknown_columns) - 8} more" if len(one.unknown_columns) > 8 else ""
        say(f"  columns not used: {', '.join(one.unknown_columns[:8])}{more}")


@app.command
def kinds(*, json: Json = False) -> None:
    """List the kinds of file that are recognised."""
    show([{"kind": name} for name in dict.fromkeys(kind.name for kind in KINDS)], "None.", json)


@app.command(name="list")
def list_(*, json: Json = False) -> None:
    """List what was loaded, the newest last, and what a later load took the place of."""
    with open_database().reading() as session:
        found = session.exec(select(Load).order_by(col(Load.id))).all()
        gone = replaced(session, found)
    rows = [{"load": one.id, "kind": one.kind, "edition": one.edition, "scope": one.scope, "rows": one.rows_kept, "file": one.file_name,
             "loaded": one.at.in_timezone("Europe/London").to_date_string(), "replaced": gone.get(one.id, "")} for one in found]  # fmt: skip
    show(rows, "Nothing was loaded yet: `lodestar evidence load FILE...` does.", json)


@dataclass(frozen=True, slots=True)
class _Line:
    indicator: str
    as_of: Any
    value: float | None
    missing: Any
    source: str
    school: int

    def as_row(self) -> dict[str, Any]:
        """Return the line as it is shown."""
        value = self.value if self.value is not None else f"not known ({self.missing.value.replace('_', ' ')})"
        return {"indicator": self.indicator, "date": self.as_of, "value": value, "source": self.source, "of_school": self.school}


@app.command(name="show")
def show_(urn: Number, /, *, as_of: AsOf = None, json: Json = False) -> None:
    """Show every figure that is known of one school, with its source, and its standing after inspections."""
    on = moment(as_of).date()
    with open_database().reading() as session:
        school = session.get(School, urn)
        if school is None:
            raise NotFound(f"No school with URN {urn} is known: load the register first.")
        indicators = [*INDICATORS, *by_group(session, {urn})]
        series = load_series(session, indicators, {urn}, on)
        standing = load_standings(session, [urn], on).get(urn)
        known = [(name, one) for name in indicators for one in series.get(name, {}).get(urn, ())]
        names = sources(session, {one.load_id for _, one in known})
    rows = [_Line(title_of(name), one.as_of, one.value, one.missing, names[one.load_id], one.urn).as_row() for name, one in known]
    if not json:
        say(f"{school.name} (URN {urn}), {school.authority_name}: {standing.says if standing else 'no inspection is known.'}")
    show(rows, "No figures are known: load some with `lodestar evidence load FILE...`.", json)


@app.command(name="agreement")
def agreement_(*, json: Json = False) -> None:
    """Compare every authority's published figures with those computed from its schools: how many agree, who is furthest off, and why."""
    with open_database().reading() as session:
        rows = agreement(session)
    if not json:
        say("Alike: within 0.1. Near: within 0.5. Both in percentage points, or points of a score.")
    none = "Nothing to compare: load the department's benchmarks, the register and some figures of schools."
    show(rows if json else [{name: value for name, value in row.items() if name != "why"} for row in rows], none, json, spare=("schools",))
    if rows and not json:
        say("\nReorganised: authorities that were dissolved or parted since, whose schools are another's now. Why figures differ:")
        for why in dict.fromkeys(row["why"] for row in rows):
            say(f"  {', '.join(dict.fromkeys(row['measure'] for row in rows if row['why'] == why))}: {why}.")


@app.command
def report(*, authority: Annotated[str, Parameter(help="Three digits of an authority, such as 936.")], json: Json = False) -> None:
    """Compare what was loaded with what was published, and show the difference."""
    with open_database().reading() as session:
        rows = published_checks(session, authority)
    show(rows, "Nothing to compare with.", json)
