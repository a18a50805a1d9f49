"""The outbox: said once, leased to one worker at a time, tried again where that can help and only so often."""

import threading
from collections import Counter
from dataclasses import replace

import pendulum
import pytest
from sqlmodel import col, select

from models.database import Database, insert_rows
from models.message import Delivery, Message, OptOut
from models.words import MessageStatus
from notifications.channels.mail import Mail, Party
from notifications.channels.outcome import Outcome
from notifications.delivery import Post, deliver_waiting
from notifications.draft import Draft, Recipient
from notifications.outbox import LEASE, MOST_ATTEMPTS, enqueue, lease, record_attempts, skip_waiting
from tests.notifications.samples import draft_of

AT = pendulum.datetime(2027, 3, 1, 9, tz="Europe/London")
SENDER = Party("The Partnership", "office@partnership.example")
SENT, BUSY, REFUSED = Outcome("test", True, 250, "ok"), Outcome("test", False, 451, "busy", True), Outcome("test", False, 550, "no such user")


def put(database: Database, *drafts: Draft, at: pendulum.DateTime = AT) -> None:
    with database.writing() as session:
        enqueue(session, drafts, at)


def many(count: int) -> list[Draft]:
    return [replace(draft_of("reminder"), key=f"case-{number}/reminder") for number in range(count)]


def messages(database: Database) -> list[Message]:
    with database.reading() as session:
        return list(session.exec(select(Message).order_by(col(Message.id))).all())


def deliveries(database: Database) -> list[Delivery]:
    with database.reading() as session:
        return list(session.exec(select(Delivery).order_by(col(Delivery.id))).all())


def taken(database: Database, worker: str, at: pendulum.DateTime = AT, most: int = 50) -> list[Message]:
    with database.writing() as session:
        return lease(session, worker, at, most)


def attempted(database: Database, message: Message, outcome: Outcome, at: pendulum.DateTime = AT) -> MessageStatus:
    with database.writing() as session:
        return record_attempts(session, [(message, outcome)], at)[0]


def test_the_same_key_is_said_once(database: Database) -> None:
    put(database, draft_of("reminder"), draft_of("reminder"))
    put(database, draft_of("reminder"), at=AT.add(days=1))
    assert [message.created_at for message in messages(database)] == [AT]


def test_a_message_that_was_sent_is_not_said_again(database: Database) -> None:
    put(database, draft_of("reminder"))
    attempted(database, taken(database, "one")[0], SENT)
    put(database, draft_of("reminder"))
    assert [message.status for message in messages(database)] == [MessageStatus.SENT]
    assert taken(database, "one", AT.add(years=1)) == []


def test_a_message_to_nobody_is_kept_with_the_reason(sqlite_database: Database) -> None:
    put(sqlite_database, replace(draft_of("reminder"), to=Recipient("headteacher", "the headteacher", None)))
    found = messages(sqlite_database)[0]
    assert found.status is MessageStatus.SKIPPED and found.skip_reason == "no address is known for the headteacher (headteacher)"
    assert taken(sqlite_database, "one") == []


@pytest.mark.parametrize("kind", ["newsletter", "worklist", "guide"])
def test_a_letter_that_was_declined_is_skipped_with_the_reason(sqlite_database: Database, kind: str) -> None:
    draft = draft_of(kind)
    with sqlite_database.writing() as session:
        insert_rows(session, OptOut, [{"address": draft.to.address, "kind": kind, "at": AT}])
    put(sqlite_database, draft)
    found = messages(sqlite_database)[0]
    assert found.status is MessageStatus.SKIPPED and found.skip_reason == f"{draft.to.role} opted out of {kind}"


def test_what_concerns_a_schools_own_case_cannot_be_declined_with_a_letter(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        insert_rows(session, OptOut, [{"address": draft_of("dates").to.address, "kind": "newsletter", "at": AT}])
    put(sqlite_database, draft_of("dates"), draft_of("guide"))
    assert {message.status for message in messages(sqlite_database)} == {MessageStatus.WAITING}


def test_a_message_is_not_sent_before_its_time(database: Database) -> None:
    put(database, replace(draft_of("reminder"), not_before=AT.add(hours=3)))
    assert taken(database, "one", AT.add(hours=2)) == []
    assert len(taken(database, "one", AT.add(hours=3))) == 1


def test_two_workers_at_once_never_get_the_same_message(database: Database) -> None:
    put(database, *many(120))
    got: dict[str, list[int]] = {"one": [], "two": [], "three": []}
    together = threading.Barrier(len(got))

    def work(name: str) -> None:
        together.wait()
        for _ in range(200):
            batch = taken(database, name, most=7)
            got[name] += [message.id for message in batch]
            if len({number for numbers in got.values() for number in numbers}) == 120:
                return

    threads = [threading.Thread(target=work, args=(name,)) for name in got]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everybody = [number for numbers in got.values() for number in numbers]
    assert sorted(everybody) == sorted(message.id for message in messages(database))
    assert Counter(message.leased_by for message in messages(database)) == {name: len(numbers) for name, numbers in got.items() if numbers}


def test_a_lease_holds_until_it_is_over_and_then_the_message_is_taken_again(database: Database) -> None:
    put(database, draft_of("reminder"))
    first = taken(database, "one")
    assert taken(database, "two", AT + LEASE) == []
    second = taken(database, "two", AT + LEASE + pendulum.duration(seconds=1))
    assert [message.id for message in second] == [message.id for message in first]
    assert second[0].leased_by == "two" and second[0].attempts == 2


def test_a_worker_whose_lease_is_over_does_not_undo_what_the_next_one_did(database: Database) -> None:
    put(database, draft_of("reminder"))
    slow = taken(database, "slow")[0]
    later = AT + LEASE + pendulum.duration(minutes=1)
    attempted(database, taken(database, "quick", later)[0], SENT, later)
    attempted(database, slow, BUSY, later)
    assert messages(database)[0].status is MessageStatus.SENT
    assert taken(database, "quick", later.add(days=1)) == []


def test_a_transient_failure_is_tried_again_after_a_pause_that_grows(database: Database) -> None:
    put(database, draft_of("reminder"))
    at, pauses = AT, []
    for _ in range(MOST_ATTEMPTS - 1):
        assert attempted(database, taken(database, "one", at)[0], BUSY, at) is MessageStatus.WAITING
        found = messages(database)[0]
        assert found.leased_by is None and taken(database, "one", found.not_before.subtract(seconds=1)) == []
        pauses.append((found.not_before - at).total_seconds())
        at = found.not_before
    assert all(60 * 2**number * 0.79 < pause < 60 * 2**number * 1.21 for number, pause in enumerate(pauses))
    assert attempted(database, taken(database, "one", at)[0], BUSY, at) is MessageStatus.FAILED
    assert taken(database, "one", at.add(years=1)) == []
    assert len(deliveries(database)) == MOST_ATTEMPTS


def test_a_final_failure_is_not_tried_again(database: Database) -> None:
    put(database, draft_of("reminder"))
    assert attempted(database, taken(database, "one")[0], REFUSED) is MessageStatus.FAILED
    assert taken(database, "one", AT.add(years=1)) == []
    found = deliveries(database)[0]
    assert (found.code, found.text, found.accepted, found.transient) == (550, "no such user", False, False)


def test_the_other_sides_words_are_kept_up_to_a_length(sqlite_database: Database) -> None:
    put(sqlite_database, draft_of("reminder"))
    attempted(sqlite_database, taken(sqlite_database, "one")[0], Outcome("test", False, 550, "x" * 5000))
    assert len(deliveries(sqlite_database)[0].text) == 500


def test_what_is_no_longer_true_is_skipped_while_it_waits_and_only_then(sqlite_database: Database) -> None:
    put(sqlite_database, draft_of("dates"), draft_of("reminder"), draft_of("withdrawn"))
    attempted(sqlite_database, taken(sqlite_database, "one", most=1)[0], SENT)
    with sqlite_database.writing() as session:
        skip_waiting(session, [12], ["dates", "reminder"], "the case ended")
    found = {message.kind: (message.status, message.skip_reason) for message in messages(sqlite_database)}
    assert found == {
        "dates": (MessageStatus.SENT, None), "reminder": (MessageStatus.SKIPPED, "the case ended"), "withdrawn": (MessageStatus.WAITING, None),
    }  # fmt: skip


def post_that(answers: dict[str, Outcome], sent: list[Mail]) -> Post:
    """Return a way out that answers by the address and keeps what was accepted."""

    def deliver(mail: Mail) -> Outcome:
        outcome = answers.get(mail.to.address, SENT)
        if outcome.accepted:
            sent.append(mail)
        return outcome

    return Post(deliver, SENDER)


def to(address: str) -> Draft:
    return replace(draft_of("reminder"), key=f"to/{address}", to=Recipient("headteacher", "The head", address))


def test_everything_that_is_due_goes_out_whatever_becomes_of_the_others(database: Database) -> None:
    sent: list[Mail] = []
    put(database, to("busy@x.example"), to("gone@x.example"), to("no address"), *many(70))
    tally = deliver_waiting(database, post_that({"busy@x.example": BUSY, "gone@x.example": REFUSED}, sent), "one", AT)
    assert tally == {"sent": 70, "waiting": 1, "failed": 2}
    assert len({mail.key for mail in sent}) == 70
    assert deliver_waiting(database, post_that({}, sent), "one", AT) == {}
    assert deliver_waiting(database, post_that({}, sent), "one", AT.add(minutes=10)) == {"sent": 1}


def test_no_more_than_asked_for_are_delivered(sqlite_database: Database) -> None:
    sent: list[Mail] = []
    put(sqlite_database, *many(60))
    assert deliver_waiting(sqlite_database, post_that({}, sent), "one", AT, most=55).total() == 55
    assert deliver_waiting(sqlite_database, post_that({}, sent), "one", AT, most=55).total() == 5


def test_a_message_without_words_does_not_hold_up_the_others(sqlite_database: Database) -> None:
    """After an upgrade a context may lack what its template now asks for."""
    sent: list[Mail] = []
    broken = replace(draft_of("dates"), key="broken", context={"school": "x"})
    put(sqlite_database, broken, to("one@x.example"), replace(broken, key="unknown", kind="no_such_kind"), to("two@x.example"))
    tally = deliver_waiting(sqlite_database, post_that({}, sent), "one", AT)
    assert {mail.to.address for mail in sent} == {"one@x.example", "two@x.example"}
    assert tally["sent"] == 2 and tally["failed"] == 2
    assert len(deliveries(sqlite_database)) == 4


def test_a_message_on_which_workers_die_is_not_tried_for_ever(sqlite_database: Database) -> None:
    put(sqlite_database, draft_of("reminder"))
    at, taken_times = AT, 0
    for _ in range(MOST_ATTEMPTS + 5):
        taken_times += len(taken(sqlite_database, "doomed", at))
        at = at + LEASE + pendulum.duration(seconds=1)
    assert taken_times <= MOST_ATTEMPTS
