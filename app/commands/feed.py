"""lodestar feed: a person's visits and meetings, for a calendar program that follows them."""

import sys
from typing import Annotated

from cyclopts import App, Parameter
from sqlmodel import col, select

from app.output import say, show
from app.session import As, AsOf, By, Json, moment, open_database
from models.database import until_saved
from models.feed import Feed
from models.partnership import Person
from models.supporter import Supporter
from stages.feeds import diary, find_holder, make_feed, path_of, revoke_feed
from stages.record import Actor

Adviser = Annotated[
    bool, Parameter(name="--adviser", negative="", help="The partnership's adviser of that name or address, and not the supporter of that name.")
]
app = App(name="feed")


@app.command
@until_saved
def make(name: str, /, *, adviser: Adviser = False, role: As, by: By, as_of: AsOf = None) -> None:
    """Make a feed for a supporter or an adviser and print its path, which is a secret and shown this once."""
    with open_database().writing() as session:
        holder = find_holder(session, name, adviser=adviser)
        token = make_feed(session, holder, Actor(role, by), moment(as_of))
    say(f"Whoever has this path can read the diary of {holder.name}; it is shown this once:\n{path_of(token)}")


@app.command
@until_saved
def revoke(name: str, /, *, adviser: Adviser = False, role: As, by: By, as_of: AsOf = None) -> None:
    """Revoke somebody's feed: its path gives nothing from now on."""
    with open_database().writing() as session:
        holder = find_holder(session, name, adviser=adviser)
        revoke_feed(session, holder, Actor(role, by), moment(as_of))
    say(f"The feed of {holder.name} is revoked.")


@app.command(name="print")
def print_(name: str, /, *, adviser: Adviser = False, as_of: AsOf = None) -> None:
    """Print somebody's visits and meetings, of the last 60 days and to come, as a calendar file."""
    with open_database().reading() as session:
        content = diary(session, find_holder(session, name, adviser=adviser), moment(as_of))
    sys.stdout.write(content.decode().replace("\r\n", "\n") if sys.stdout.isatty() else content.decode())


@app.command(name="list")
def list_feeds(*, json: Json = False) -> None:
    """List who has a feed, since when, and which were revoked; never where it is."""
    query = select(Feed, Supporter.name, Person.name).join(Supporter, col(Supporter.id) == Feed.supporter_id, isouter=True)
    with open_database().reading() as session:
        found = session.exec(query.join(Person, col(Person.id) == Feed.person_id, isouter=True).order_by(col(Feed.id))).all()
    rows = [{"of": supporter or person, "as": "supporter" if supporter else "adviser", "made": feed.made_at.date(),
             "revoked": feed.revoked_at.date() if feed.revoked_at else None} for feed, supporter, person in found]  # fmt: skip
    show(rows, "Nobody has a feed: make one with `lodestar feed make`.", json)
