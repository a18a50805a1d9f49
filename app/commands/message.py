"""lodestar message: what was said to whom, and how it was delivered."""

from typing import Annotated

from cyclopts import App, Parameter
from sqlmodel import col, select

from app.output import say, show, show_json, show_table
from app.session import Json, Number, open_database
from models.errors import NotFound
from models.message import Delivery, Message
from models.words import MessageStatus
from notifications.invitations import entries_in
from notifications.rendering import render
from stages.brief import find_commission

app = App(name="message")


@app.command(name="list")
def list_messages(
    *,
    commission: str,
    status: MessageStatus | None = None,
    case: Number | None = None,
    kind: str | None = None,
    last: Annotated[Number | None, Parameter(help="Only so many, the newest.")] = None,
    json: Json = False,
) -> None:
    """List a commission's messages."""
    with open_database().reading() as session:
        query = select(Message).where(Message.commission_id == find_commission(session, commission).id)
        for column, wanted in ((Message.status, status), (Message.case_id, case), (Message.kind, kind)):
            query = query.where(column == wanted) if wanted else query
        found = session.exec(query.order_by(col(Message.id).desc()).limit(last)).all()
    rows = [
        {"message": m.id, "kind": m.kind, "case": m.case_id, "to": m.to_name, "status": m.status.value, "skipped_because": m.skip_reason}
        for m in reversed(found)
    ]
    show(rows, "No such messages.", json)


@app.command(name="show")
def show_message(number: Number, /, *, json: Json = False) -> None:
    """Show one message as its recipient reads it, and each attempt to deliver it."""
    with open_database().reading() as session:
        found = session.get(Message, number)
        if found is None:
            raise NotFound(f"There is no message {number}: `lodestar message list` shows those there are.")
        deliveries = session.exec(select(Delivery).where(Delivery.message_id == number).order_by(col(Delivery.id))).all()
    words = render(found.kind, found.context)
    attempts = [{"at": d.at.to_iso8601_string(), "channel": d.channel, "accepted": d.accepted, "code": d.code, "said": d.text} for d in deliveries]
    brings = [{"method": one.method, "day": one.day, "what": one.title, "uid": one.uid} for one in entries_in(found.context)]
    if json:
        show_json(
            {
                "message": number,
                "status": found.status.value,
                "to": found.to_address,
                "subject": words.subject,
                "text": words.text,
                "calendar": brings,
                "deliveries": attempts,
            }
        )
        return
    say(f"To: {found.to_name} <{found.to_address or 'no address'}>\nSubject: {words.subject}\nStatus: {found.status.value}\n\n{words.text}")
    if brings:
        show_table([{key: one[key] for key in ("method", "day", "what")} for one in brings], "", "For the calendar")
    show_table(attempts, found.skip_reason or "Not tried yet.")
