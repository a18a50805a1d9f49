"""councilmail: an Apprise plugin that sends one mail object to one exact recipient over a kept SMTP connection.

Addresses never travel in an Apprise URL: stock Apprise cuts names at an apostrophe and reports success.
"""

import smtplib
import ssl
import threading
from dataclasses import dataclass
from typing import Any

from apprise import NotifyFormat, NotifyType
from apprise.plugins.base import NotifyBase

from notifications.channels.mail import OVER_SMTP, OVER_SMTPUTF8, Mail, build
from notifications.channels.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and how to greet it."""

    host: str
    port: int
    starttls: bool = False
    user: str | None = None
    password: str | None = None


class Connections(threading.local):
    """One open connection a thread and server."""

    def __init__(self) -> None:
        """Begin with none."""
        self.open: dict[Server, smtplib.SMTP] = {}

    def get(self, server: Server) -> smtplib.SMTP:
        """Return the open connection, or open one; raises OSError or smtplib.SMTPException."""
        if server not in self.open:
            connection = smtplib.SMTP(server.host, server.port, timeout=20)
            if server.starttls:
                connection.starttls(context=ssl.create_default_context())
            if server.user:
                connection.login(server.user, server.password or "")
            self.open[server] = connection
        return self.open[server]

    def drop(self) -> None:
        """Forget all connections; the next mail opens what it needs."""
        for connection in self.open.values():
            connection.close()
        self.open = {}


_CONNECTIONS = Connections()


def _hand_over(connection: smtplib.SMTP, mail: Mail) -> None:
    """Send `mail` to its one recipient; its lines arrive as they are, also one that begins with From."""
    sender, to = mail.sender.address, mail.to.address
    options = () if (sender + to).isascii() else ("SMTPUTF8", "BODY=8BITMIME")
    connection.ehlo_or_helo_if_needed()
    if options and not connection.has_extn("smtputf8"):
        raise smtplib.SMTPResponseException(553, b"this server takes no addresses with such letters")
    policy = OVER_SMTP if not options else OVER_SMTPUTF8
    connection.sendmail(sender, [to], build(mail).as_bytes(policy=policy), mail_options=options)


def hang_up() -> None:
    """Close this thread's connection, if there is one."""
    _CONNECTIONS.drop()


class NotifyCouncilMail(NotifyBase):  # type: ignore[no-untyped-call]
    """Apprise's view of one mail to one recipient; `outcome` holds what the server said."""

    # Apprise declares these three as empty, so only Any lets them be filled.
    service_name: Any = "Council mail"
    secure_protocol: Any = "councilmail"
    notify_format = NotifyFormat.TEXT
    request_rate_per_sec = 0
    templates: Any = ("{schema}://",)

    def __init__(self, mail: Mail, server: Server, **more: Any) -> None:
        """Hold `mail` for `server`."""
        super().__init__(**more)  # type: ignore[no-untyped-call]
        self.mail, self.server = mail, server
        self.outcome = Outcome("councilmail", False, 0, "not tried", True)

    def url(self, privacy: bool = False, *_args: Any, **_kwargs: Any) -> str:
        """Return an address without anything personal in it."""
        return "councilmail://"

    def send(self, body: str, title: str = "", notify_type: NotifyType = NotifyType.INFO, **_more: Any) -> bool:
        """Send once, reconnecting once if the kept connection had gone stale; the words travel in the mail object."""
        self.outcome = self._attempt()
        if self.outcome.code == 421:
            self.outcome = self._attempt()
        return self.outcome.accepted

    def _attempt(self) -> Outcome:
        """Hand the mail to the server and put its answer into words."""
        try:
            _hand_over(_CONNECTIONS.get(self.server), self.mail)
        except smtplib.SMTPServerDisconnected as error:
            _CONNECTIONS.drop()
            return Outcome("councilmail", False, 421, str(error), True)
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            return Outcome("councilmail", False, code, text.decode(errors="replace"), code < 500)
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
            # Our own sign-in or the server's set-up is wrong, not the message: it waits until that is put right.
            _CONNECTIONS.drop()
            return Outcome("councilmail", False, 454, f"the mail server cannot be used as it is set up: {error}", True)
        except smtplib.SMTPResponseException as error:
            _CONNECTIONS.drop()
            said = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else str(error.smtp_error)
            return Outcome("councilmail", False, error.smtp_code, said, error.smtp_code < 500)
        except OSError as error:
            _CONNECTIONS.drop()
            return Outcome("councilmail", False, 0, f"the mail server does not answer: {error}", True)
        return Outcome("councilmail", True, 250, "accepted")
