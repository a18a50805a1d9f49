"""mailbox: an Apprise plugin that puts each mail, as a real MIME message, into a file of a folder."""

import contextlib
import os
from pathlib import Path
from typing import Any

from apprise import NotifyFormat, NotifyType
from apprise.plugins.base import NotifyBase

from notifications.channels.mail import Mail, build, message_id
from notifications.channels.outcome import Outcome


class NotifyMailbox(NotifyBase):  # type: ignore[no-untyped-call]
    """Apprise's view of one mail as a file named after its Message-ID, so that a repeat replaces itself."""

    # Apprise declares these three as empty, so only Any lets them be filled.
    service_name: Any = "Mailbox folder"
    secure_protocol: Any = "mailbox"
    notify_format = NotifyFormat.TEXT
    request_rate_per_sec = 0
    templates: Any = ("{schema}://",)

    def __init__(self, mail: Mail, folder: Path, **more: Any) -> None:
        """Hold `mail` for `folder`."""
        super().__init__(**more)  # type: ignore[no-untyped-call]
        self.mail, self.folder = mail, folder
        self.outcome = Outcome("mailbox", False, 0, "not tried", True)

    def url(self, privacy: bool = False, *_args: Any, **_kwargs: Any) -> str:
        """Return an address without anything personal in it."""
        return "mailbox://"

    def send(self, body: str, title: str = "", notify_type: NotifyType = NotifyType.INFO, **_more: Any) -> bool:
        """Write the file whole: first beside it, then renamed, so that nobody reads half a message."""
        name = message_id(self.mail.key, "file").partition("@")[0].lstrip("<")
        target = self.folder / f"{name}.eml"
        beside = target.with_suffix(".part")
        try:
            beside.write_bytes(bytes(build(self.mail)))
            os.replace(beside, target)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink()
            self.outcome = Outcome("mailbox", False, 0, f"the mailbox folder cannot be written: {error.strerror}", True)
            return False
        self.outcome = Outcome("mailbox", True, 250, "written")
        return True
