"""A mail server for development that only catches: each mail becomes a file, none goes anywhere."""

import signal
import threading
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from models.settings import Settings


class Catcher:
    """Puts every accepted mail into a folder."""

    def __init__(self, folder: Path) -> None:
        """Catch into `folder`."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        # Mails that were caught before are kept.
        self.count = sum(1 for _ in folder.glob("*.eml"))

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep one mail."""
        self.count += 1
        (self.folder / f"{self.count:06d}.eml").write_bytes(envelope.content)
        return "250 caught"


def catch() -> None:
    """Catch on loopback until SIGTERM or SIGINT."""
    settings, stop = Settings(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    controller = Controller(Catcher(settings.home / "caught"), hostname="127.0.0.1", port=settings.mail_catcher_port, enable_SMTPUTF8=True)
    controller.start()
    stop.wait()
    controller.stop()


if __name__ == "__main__":
    catch()
