"""A mail as an object: exact recipient, own Message-ID, text and HTML parts."""

import hashlib
import re
from dataclasses import dataclass
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from functools import cache, lru_cache
from typing import Any

import pendulum

_ADDRESS = re.compile(r"^[^@\s<>\"(),:;\\\[\]]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


# Headers that many mails have alike (sender, date, subject, what each part is) are read and folded once for so many.
_ALIKE = 2048


class _Headers(HeaderRegistry):
    """The library's header classes, each made once, and headers that are alike; it makes and reads all anew for every header of every mail."""

    @cache  # noqa: B019 - the one registry lives as long as the process
    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name)

    @lru_cache(maxsize=_ALIKE)  # noqa: B019 - as above
    def _of(self, name: str, *value: str) -> Any:
        return super().__call__(name, Address(*value) if len(value) > 1 else value[0])

    def __call__(self, name: str, value: Any) -> Any:
        return self._of(name, value.display_name, value.username, value.domain) if isinstance(value, Address) else self._of(name, value)


class _Policy(EmailPolicy):
    """The library's policy, which folds headers that are alike once."""

    def clone(self, **changes: Any) -> Any:
        """Return itself where nothing changes: the library asks for as good as the same policy for every part of every mail."""
        return self if all(getattr(self, name) == value for name, value in changes.items()) else super().clone(**changes)

    @lru_cache(maxsize=_ALIKE)  # noqa: B019 - there are as few policies as ways out
    def fold_binary(self, name: str, value: Any) -> bytes:
        return super().fold_binary(name, value)


_POLICY = _Policy(header_factory=_Headers())
# What stands between the words of a mail as text and as HTML, and between those and the files; content that is encoded never has the like.
_WORDS, _FILES = "=_words", "=_files"
# For a mail server, and for one that takes any letter in an address.
OVER_SMTP = _POLICY.clone(linesep="\r\n")
OVER_SMTPUTF8 = OVER_SMTP.clone(utf8=True)


@dataclass(frozen=True, slots=True)
class Party:
    """A name with an address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """One visit or meeting for the recipient's calendar: a file, and what a calendar program is to do with it (REQUEST or CANCEL)."""

    name: str
    method: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one recipient; `key` is the message's own key, from which the Message-ID is derived."""

    key: str
    to: Party
    sender: Party
    subject: str
    text: str
    html: str
    date: pendulum.DateTime
    reply_to: str | None = None
    calendars: tuple[CalendarFile, ...] = ()


def is_address(address: str) -> bool:
    """Tell whether `address` can be written to; apostrophes, plus signs and non-ASCII letters are fine."""
    return len(address) <= 254 and address.isprintable() and _ADDRESS.fullmatch(address) is not None


def message_id(key: str, domain: str) -> str:
    """Return the Message-ID of the message with `key`: always the same, so that a repeated mail can be recognised."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def build(mail: Mail) -> EmailMessage:
    """Return `mail` as a MIME message."""
    built = EmailMessage(policy=_POLICY)
    built["From"] = _address(mail.sender)
    built["To"] = _address(mail.to)
    built["Subject"] = " ".join(mail.subject.split())
    built["Message-ID"] = message_id(mail.key, mail.sender.address.rpartition("@")[2])
    built["Date"] = format_datetime(mail.date)
    if mail.reply_to:
        built["Reply-To"] = mail.reply_to
    built["Auto-Submitted"] = "auto-generated"
    built["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    built.set_content(mail.text)
    built.make_alternative(_boundary(_WORDS, mail))
    built.add_alternative(mail.html, subtype="html")
    if mail.calendars:
        _add_calendars(built, mail)
    return built


def _boundary(usual: str, mail: Mail) -> str | None:
    """Return what stands between parts: the usual, so that it need not be made anew and read for each mail, unless it is in the words."""
    return None if usual in mail.text or usual in mail.html else usual


def _add_calendars(built: EmailMessage, mail: Mail) -> None:
    """Add what is for the calendar; only one that is alone may stand beside the words, since a program enters that one and no other."""
    files = mail.calendars
    if len(files) == 1:
        about = {"method": files[0].method, "charset": "utf-8"}
        built.add_alternative(files[0].content, maintype="text", subtype="calendar", params=about)
    built.make_mixed(_boundary(_FILES, mail))
    for file in files:
        about = {"method": file.method, "charset": "utf-8"}
        if len(files) == 1:
            built.add_attachment(file.content, maintype="application", subtype="ics", filename=file.name)
        else:
            built.add_attachment(file.content, maintype="text", subtype="calendar", params=about, filename=file.name)


def _address(party: Party) -> Address:
    user, _, domain = party.address.rpartition("@")
    return Address(" ".join(party.name.split()), user, domain)
