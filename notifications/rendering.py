"""Turning a message's context into subject, text and HTML; one Markdown template a message is the source of all three."""

import datetime
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markdown import Markdown

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Words:
    """A message as a person reads it."""

    subject: str
    text: str
    html: str


def _day(value: str) -> str:
    """Return an ISO date as people write it: Monday 3 March 2027."""
    return f"{datetime.date.fromisoformat(value):%A %-d %B %Y}"


@cache
def _environment() -> jinja2.Environment:
    # The templates are plain text in Markdown; HTML is escaped when Markdown is turned into it, below.
    environment = jinja2.Environment(  # noqa: S701
        loader=jinja2.FileSystemLoader(TEMPLATES), undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["day"] = _day
    return environment


class _Local(threading.local):
    """One converter a thread: making one costs as much as using it, and it cannot be shared."""

    def __init__(self) -> None:
        self.markdown = Markdown(extensions=["sane_lists"])
        # Our templates make no links and no pictures, so whatever looks like one comes from a name or a reason.
        for pattern in ("link", "image_link", "reference", "image_reference", "short_reference", "short_image_ref", "autolink", "automail"):
            self.markdown.inlinePatterns.deregister(pattern)
        self.markdown.parser.blockprocessors.deregister("reference")


_LOCAL = _Local()


def render(kind: str, context: dict[str, Any]) -> Words:
    """Return the words of a message; a name that the context lacks raises jinja2.UndefinedError."""
    written = _environment().get_template(f"{kind}.md").render(context)
    subject, _, text = written.partition("\n")
    text = text.strip() + "\n"
    # Emphasis is for the HTML part; plain text is read as it stands.
    return Words(subject.removeprefix("Subject:").strip(), text.replace("**", ""), _html(subject, text))


def _html(subject: str, text: str) -> str:
    """Return the text as an HTML page; anything that looks like HTML in it is shown, not obeyed."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;")
    title = subject.removeprefix("Subject:").strip().replace("&", "&amp;").replace("<", "&lt;")
    return (
        f'<!DOCTYPE html>\n<html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title></head>\n'
        f'<body style="font-family: Helvetica, Arial, sans-serif; font-size: 16px; line-height: 1.5; max-width: 40em">\n'
        f"{_LOCAL.markdown.reset().convert(safe)}\n</body></html>\n"
    )


def kinds() -> list[str]:
    """Return the names of all messages there are words for."""
    return sorted(path.stem for path in TEMPLATES.glob("*.md") if not path.stem.startswith("_"))
