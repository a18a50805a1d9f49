"""A mail as an object: exact recipient, a Message-ID of its own, text and HTML; into a folder, each once."""

import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pendulum
import pytest

from models.database import Database
from models.errors import DeliveryTrouble
from models.settings import Settings
from notifications.channels.mail import OVER_SMTP, OVER_SMTPUTF8, CalendarFile, Mail, Party, build, is_address, message_id
from notifications.channels.outcome import Outcome
from notifications.delivery import Post, deliver_one, deliver_waiting, mailbox_channel, post_from
from notifications.draft import Recipient
from notifications.outbox import enqueue
from tests.notifications.samples import SAMPLES, draft_of
from tests.notifications.test_outbox import messages

AT = pendulum.datetime(2027, 3, 1, 9, tz="Europe/London")
SENDER = Party("The Partnership, Wexcombe", "office@partnership.example")
ADDRESSES = ("head@school.example", "o'brien@school.example", "head+plan@school.example", "a.b-c_d@sub.school.example", "jürgen@school.example")
NO_ADDRESSES = (
    "", "head", "head@", "@school.example", "head@school.example, other@x.example", "head@@x.example", "he ad@x.example", "head@x.example\n",
    "head@x.example\r\nBcc: all@x.example", "head\n@x.example", "<head@x.example>", '"head"@x.example', "head@-x.example", "head@x.example ",
    "head\x00@x.example", "h" * 250 + "@x.example",
)  # fmt: skip


def mail(**changes: object) -> Mail:
    one = Mail(
        "case-1/dates/2", Party("Mr O'Brien", "o'brien@school.example"), SENDER, "Dates", "Dear head,\n", "<p>Dear head,</p>", AT, "adviser@p.example"
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def parsed(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)  # type: ignore[return-value]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_as_people_have_them_can_be_written_to(address: str) -> None:
    assert is_address(address)


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_is_told_apart(address: str) -> None:
    assert not is_address(address)


def test_a_mail_has_its_recipient_its_sender_and_both_parts() -> None:
    found = parsed(bytes(build(mail())))
    assert found["To"].addresses[0].addr_spec == "o'brien@school.example" and found["To"].addresses[0].display_name == "Mr O'Brien"
    assert found["From"].addresses[0].display_name == "The Partnership, Wexcombe" and len(found["From"].addresses) == 1
    assert found["Reply-To"].addresses[0].addr_spec == "adviser@p.example"
    assert found["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]
    assert found["Date"].datetime == AT


@pytest.mark.parametrize(
    "name", ["Head, of School", 'The "Head"', "Zoë Nuñez", "O'Brien; Pat", "Head (acting)", "a@b", "头", "x" * 120, "", "Head\r\nBcc: all@x.example"]
)
def test_a_name_of_any_kind_stays_one_recipient(name: str) -> None:
    found = parsed(bytes(build(mail(to=Party(name, "head@school.example")))))
    assert [one.addr_spec for one in found["To"].addresses] == ["head@school.example"]
    assert found["To"].addresses[0].display_name == " ".join(name.split())
    assert found["Bcc"] is None


def test_a_subject_with_line_breaks_becomes_one_line_and_no_header() -> None:
    found = parsed(bytes(build(mail(subject="Dates\r\nBcc: everybody@x.example\n\nDear all"))))
    assert found["Bcc"] is None and found["Subject"] == "Dates Bcc: everybody@x.example Dear all"


@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.parametrize("name", ["School\nBcc: everybody@x.example", "School\r\nTo: everybody@x.example\r\n\r\n<b>x</b>"])
def test_a_line_break_in_a_schools_name_makes_no_header(sqlite_database: Database, tmp_path: Path, kind: str, name: str) -> None:
    with sqlite_database.writing() as session:
        enqueue(session, [draft_of(kind, name)], AT)
    deliver_waiting(sqlite_database, Post(mailbox_channel(tmp_path / "box"), SENDER), "one", AT)
    found = parsed(next((tmp_path / "box").glob("*.eml")).read_bytes())
    assert found["Bcc"] is None
    assert [one.addr_spec for one in found["To"].addresses] == [draft_of(kind).to.address]


def test_headers_that_were_folded_for_another_mail_are_what_the_library_makes_of_them_now() -> None:
    people = [Party(name, address) for name in ("Mr O'Brien", "Zoë Müller, head", "A very long name " * 6) for address in ADDRESSES]
    subjects = ("Dates", "Dates for St Mary's & All Saints' School and Zoë's, and what comes after them, visit by visit, until the end of the year")
    for one in [mail(to=to, subject=subject) for _ in range(2) for to in people for subject in subjects]:
        built = build(one)
        assert bytes(built) == built.as_bytes(policy=email.policy.default)
        for ours, theirs in ((OVER_SMTP, email.policy.SMTP), (OVER_SMTPUTF8, email.policy.SMTPUTF8)):
            if ours is OVER_SMTPUTF8 or one.to.address.isascii():
                assert built.as_bytes(policy=ours) == built.as_bytes(policy=theirs)


def test_a_mail_that_is_built_again_is_the_same_to_the_byte() -> None:
    file = CalendarFile("invite.ics", "REQUEST", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    for files in ((), (file,), (file, file)):
        assert bytes(build(mail(calendars=files))) == bytes(build(mail(calendars=files)))


@pytest.mark.parametrize("line", ["--=_words", "--=_words--", "--=_files", "--=_files--"])
def test_words_that_look_like_what_stands_between_parts_arrive_whole(line: str) -> None:
    file = CalendarFile("invite.ics", "REQUEST", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    for files in ((), (file,), (file, file)):
        found = parsed(bytes(build(mail(text=f"Dear head,\n{line}\nYours\n", html=f"<p>Dear head,</p>\n{line}\n<p>Yours</p>\n", calendars=files))))
        plain, html = found.get_body(("plain",)), found.get_body(("html",))
        assert plain is not None and plain.get_content() == f"Dear head,\n{line}\nYours\n"
        assert html is not None and line in html.get_content() and html.get_content().endswith("<p>Yours</p>\n")


def test_the_message_id_comes_from_the_key_and_the_senders_domain() -> None:
    assert build(mail())["Message-ID"] == message_id("case-1/dates/2", "partnership.example")
    assert build(mail())["Message-ID"] == build(mail(date=AT.add(days=3)))["Message-ID"]
    assert build(mail())["Message-ID"] != build(mail(key="case-1/dates/3"))["Message-ID"]
    assert str(build(mail())["Message-ID"]).count("@") == 1


def test_every_message_becomes_a_mime_file_with_its_exact_recipient(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        enqueue(session, [draft_of(kind) for kind in SAMPLES], AT)
    tally = deliver_waiting(database, Post(mailbox_channel(tmp_path / "box"), SENDER), "one", AT)
    assert tally == {"sent": len(SAMPLES)}
    mails = {str(found["Message-ID"]): found for found in (parsed(file.read_bytes()) for file in (tmp_path / "box").glob("*.eml"))}
    for kind in SAMPLES:
        draft = draft_of(kind)
        found = mails[message_id(draft.key, "partnership.example")]
        assert [one.addr_spec for one in found["To"].addresses] == [draft.to.address]
        text, page = found.get_body(("plain",)), found.get_body(("html",))
        assert text is not None and page is not None
        assert f"Dear {draft.to.name}," in text.get_content() and "<!DOCTYPE html>" in page.get_content()
    assert len(mails) == len(SAMPLES)


def test_a_repeated_delivery_has_the_same_message_id_and_leaves_one_file(sqlite_database: Database, tmp_path: Path) -> None:
    post = Post(mailbox_channel(tmp_path / "box"), SENDER)
    with sqlite_database.writing() as session:
        enqueue(session, [draft_of("dates")], AT)
    message = messages(sqlite_database)[0]
    for at in (AT, AT.add(days=2)):
        assert deliver_one(message, post, at).accepted
    files = list((tmp_path / "box").iterdir())
    assert len(files) == 1
    assert parsed(files[0].read_bytes())["Message-ID"] == message_id(draft_of("dates").key, "partnership.example")


def test_a_folder_that_cannot_be_written_is_a_transient_failure_and_leaves_no_half_file(sqlite_database: Database, tmp_path: Path) -> None:
    post = Post(mailbox_channel(tmp_path / "box"), SENDER)
    (tmp_path / "box").rmdir()
    with sqlite_database.writing() as session:
        enqueue(session, [draft_of("dates")], AT)
    assert deliver_waiting(sqlite_database, post, "one", AT) == {"waiting": 1}
    (tmp_path / "box").mkdir()
    assert deliver_waiting(sqlite_database, post, "one", AT.add(hours=1)) == {"sent": 1}
    assert [file.suffix for file in (tmp_path / "box").iterdir()] == [".eml"]


def test_a_mailbox_that_cannot_be_made_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DeliveryTrouble, match="cannot be made"):
        mailbox_channel(tmp_path / "file" / "box")


@pytest.mark.parametrize("address", [None, *NO_ADDRESSES])
def test_an_address_that_cannot_be_written_to_is_a_final_failure_and_no_exception(sqlite_database: Database, address: str | None) -> None:
    with sqlite_database.writing() as session:
        enqueue(session, [replace(draft_of("dates"), to=Recipient("headteacher", "The head", "head@x.example"))], AT)
    message = messages(sqlite_database)[0]
    message.to_address = address
    tried: list[Mail] = []

    def deliver(one: Mail) -> Outcome:
        tried.append(one)
        build(one)
        return Outcome("test", True, 250, "ok")

    outcome = deliver_one(message, Post(deliver, SENDER), AT)
    assert tried == [] and not outcome.accepted and not outcome.transient and outcome.code == 553


def test_the_settings_decide_how_messages_leave(tmp_path: Path) -> None:
    post = post_from(Settings(home=tmp_path, sender_name="Us", sender_address="us@p.example"))
    assert post.sender == Party("Us", "us@p.example")
    assert post.channel(mail()).channel == "mailbox" and len(list((tmp_path / "mailbox").glob("*.eml"))) == 1
