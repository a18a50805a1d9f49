"""councilmail against a real mail server on loopback: exact envelopes, honest outcomes, connections that come back."""

import email
import email.policy
import socket
from dataclasses import dataclass, field
from typing import Any

import pendulum
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from models.database import Database
from models.settings import Settings
from notifications.channels.councilmail import Server, hang_up
from notifications.channels.mail import Mail, Party, message_id
from notifications.channels.outcome import Outcome
from notifications.delivery import Post, deliver_waiting, post_from, smtp_channel
from notifications.outbox import enqueue
from tests.notifications.samples import draft_of
from tests.notifications.test_outbox import messages

AT = pendulum.datetime(2027, 3, 1, 9, tz="Europe/London")
SENDER = Party("The Partnership", "office@partnership.example")


@dataclass
class Sink:
    """A mail server's handler that keeps what it accepts and answers as it is told, by recipient."""

    answers: dict[str, str] = field(default_factory=dict)
    at_data: str = "250 kept"
    envelopes: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        self.connections.add(session.peer)
        answer = self.answers.get(address, "250 fine")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.at_data.startswith("250"):
            self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        return self.at_data


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Running:
    """A mail server that can be stopped and started again on its port."""

    def __init__(self, **options: Any) -> None:
        self.sink, self.port, self.options = Sink(), free_port(), {"enable_SMTPUTF8": True, **options}
        self.start()

    def start(self) -> None:
        self.controller = Controller(self.sink, hostname="127.0.0.1", port=self.port, **self.options)
        self.controller.start()

    def stop(self) -> None:
        self.controller.stop()

    @property
    def server(self) -> Server:
        return Server("127.0.0.1", self.port)

    def send(self, **changes: Any) -> Outcome:
        return smtp_channel(self.server)(mail(**changes))


def mail(name: str = "Mr O'Brien", address: str = "o'brien@school.example", subject: str = "Dates", key: str = "case-1/dates/2") -> Mail:
    return Mail(key, Party(name, address), SENDER, subject, "Dear head,\n", "<p>Dear head,</p>", AT)


def test_the_envelope_has_exactly_the_one_recipient(running: Running) -> None:
    assert running.send() == Outcome("councilmail", True, 250, "accepted")
    sender, recipients, content = running.sink.envelopes[0]
    assert (sender, recipients) == ("office@partnership.example", ["o'brien@school.example"])
    found = email.message_from_bytes(content, policy=email.policy.default)
    assert found["Message-ID"] == message_id("case-1/dates/2", "partnership.example") and len(found.get_all("Message-ID", [])) == 1
    assert [part.get_content_type() for part in found.walk()] == ["multipart/alternative", "text/plain", "text/html"]


@pytest.mark.parametrize(
    "name", ["Head, of School", 'The "Head", and friends', "Zoë Nuñez", "Grüße; <x@evil.example>", "Head\r\nRCPT TO:<all@x.example>", "头 校"]
)
def test_whatever_the_name_the_mail_goes_to_one_address(running: Running, name: str) -> None:
    assert running.send(name=name).accepted
    _, recipients, content = running.sink.envelopes[0]
    assert recipients == ["o'brien@school.example"]
    found = email.message_from_bytes(content, policy=email.policy.default)
    assert [one.addr_spec for one in found["To"].addresses] == ["o'brien@school.example"]
    assert found["To"].addresses[0].display_name == " ".join(name.split())


@pytest.mark.parametrize("address", ["head+plan@school.example", "jürgen@school.example", "a.b_c@sub.school.example"])
def test_an_unusual_address_arrives_whole(running: Running, address: str) -> None:
    assert running.send(address=address).accepted
    assert running.sink.envelopes[0][1] == [address]


def test_a_line_that_begins_with_a_dot_and_one_that_says_from_arrive_as_they_are(running: Running) -> None:
    one = Mail("k", Party("Head", "head@x.example"), SENDER, "x", ".\nFrom here on\n.dots\n", "<p>x</p>", AT)
    assert smtp_channel(running.server)(one).accepted
    found = email.message_from_bytes(running.sink.envelopes[0][2], policy=email.policy.default)
    assert found.get_body(("plain",)).get_content().splitlines() == [".", "From here on", ".dots"]


@pytest.mark.parametrize(("answer", "transient"), [("550 no such user", False), ("451 try later", True), ("452 full", True), ("553 no", False)])
def test_what_is_said_about_a_recipient_decides_whether_to_try_again(running: Running, answer: str, transient: bool) -> None:
    running.sink.answers["o'brien@school.example"] = answer
    outcome = running.send()
    assert (outcome.accepted, outcome.code, outcome.transient) == (False, int(answer[:3]), transient)
    assert outcome.text == answer[4:]
    assert running.send(address="other@school.example").accepted
    assert [recipients for _, recipients, _ in running.sink.envelopes] == [["other@school.example"]]


@pytest.mark.parametrize(("answer", "transient"), [("554 looks like spam", False), ("451 grey-listed", True)])
def test_what_is_said_about_the_content_decides_too(running: Running, answer: str, transient: bool) -> None:
    running.sink.at_data = answer
    outcome = running.send()
    assert (outcome.accepted, outcome.code, outcome.transient) == (False, int(answer[:3]), transient)
    running.sink.at_data = "250 kept"
    assert running.send().accepted


def test_one_connection_serves_many_mails(running: Running) -> None:
    for number in range(5):
        assert running.send(key=f"k{number}").accepted
    assert len(running.sink.envelopes) == 5 and len(running.sink.connections) == 1


def test_a_connection_that_went_stale_is_made_again_and_the_mail_goes_out_once(running: Running) -> None:
    assert running.send(key="first").accepted
    running.stop()
    running.start()
    assert running.send(key="second").accepted
    assert len(running.sink.envelopes) == 2 and len(running.sink.connections) == 2


def test_a_server_that_is_gone_is_a_transient_failure(running: Running) -> None:
    assert running.send().accepted
    running.stop()
    outcome = running.send()
    assert not outcome.accepted and outcome.transient
    assert not running.send().accepted
    running.start()
    assert running.send().accepted


def test_a_port_where_nobody_listens_is_a_transient_failure_and_the_message_waits(sqlite_database: Database) -> None:
    hang_up()
    post = Post(smtp_channel(Server("127.0.0.1", free_port())), SENDER)
    with sqlite_database.writing() as session:
        enqueue(session, [draft_of("dates")], AT)
    assert deliver_waiting(sqlite_database, post, "one", AT) == {"waiting": 1}
    assert messages(sqlite_database)[0].not_before > AT


def test_two_servers_each_get_their_own_mail(running: Running) -> None:
    other = Running()
    assert running.send(key="mine").accepted
    assert other.send(key="yours").accepted
    other.stop()
    assert (len(running.sink.envelopes), len(other.sink.envelopes)) == (1, 1)


def test_a_school_with_a_line_break_in_its_name_adds_no_recipient(running: Running, sqlite_database: Database) -> None:
    name = "School\r\n.\r\nRCPT TO:<all@x.example>\r\nBcc: all@x.example"
    with sqlite_database.writing() as session:
        enqueue(session, [draft_of("dates", name), draft_of("reminder", name)], AT)
    assert deliver_waiting(sqlite_database, Post(smtp_channel(running.server), SENDER), "one", AT) == {"sent": 2}
    assert [recipients for _, recipients, _ in running.sink.envelopes] == [["o'brien@school.example"]] * 2
    assert all(email.message_from_bytes(content)["Bcc"] is None for _, _, content in running.sink.envelopes)


def test_a_final_and_a_transient_answer_end_as_failed_and_waiting(running: Running, database: Database) -> None:
    with database.writing() as session:
        enqueue(session, [draft_of("dates"), draft_of("match_offer"), draft_of("overdue")], AT)
    running.sink.answers |= {"o'brien@school.example": "550 gone", "adviser4@p.example": "450 busy"}
    assert deliver_waiting(database, Post(smtp_channel(running.server), SENDER), "one", AT) == {"failed": 1, "waiting": 1, "sent": 1}


def test_the_settings_lead_to_the_server(running: Running) -> None:
    post = post_from(Settings(mail="smtp", smtp_host="127.0.0.1", smtp_port=running.port))
    assert post.channel(mail()).accepted and len(running.sink.envelopes) == 1


def accepts_nobody(*_about: Any) -> AuthResult:
    return AuthResult(success=False, handled=False)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_a_wrong_password_fails_no_message_for_good() -> None:
    """The installation is set up wrongly; the recipients are not to blame, and every message would be lost."""
    hang_up()
    one = Running(authenticator=accepts_nobody, auth_require_tls=False, auth_required=True)
    outcome = smtp_channel(Server("127.0.0.1", one.port, user="us", password="wrong"))(mail())
    hang_up()
    one.stop()
    assert not outcome.accepted and outcome.transient and one.sink.envelopes == []


def test_a_server_that_offers_no_encryption_fails_no_message_for_good_and_gets_none_in_the_clear(running: Running) -> None:
    outcome = smtp_channel(Server("127.0.0.1", running.port, starttls=True))(mail())
    assert not outcome.accepted and outcome.transient
    assert running.sink.envelopes == []


def test_an_address_that_the_server_cannot_take_is_a_final_failure() -> None:
    hang_up()
    one = Running(enable_SMTPUTF8=False)
    outcome = one.send(address="jürgen@school.example")
    assert not outcome.accepted and not outcome.transient and one.sink.envelopes == []
    assert one.send().accepted
    hang_up()
    one.stop()
