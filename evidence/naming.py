"""Finding a school by authority and name, for the few files that carry no URN."""

import re
from collections import Counter
from collections.abc import Iterable

from sqlmodel import Session, col, select

from models.school import School

_WORDS = {"c of e": "ce", "cofe": "ce", "church of england": "ce", "roman catholic": "rc", "saint": "st", "voluntary aided": "va",
          "voluntary controlled": "vc", "junior and infant": "ji", "&": "and", "jnr": "junior"}  # fmt: skip
_LEFT_OUT = re.compile(r"\b(the|school|academy|primary|ce|rc|catholic|va|vc|c|a)\b")


def normalised(name: str) -> str:
    """Return a school's name without case, accents of style and words that files write or leave out at will."""
    text = re.sub(r"[^a-z0-9& ]", "", name.casefold().replace("-", " ").replace("'", "").replace("\u2019", ""))
    for word, short in _WORDS.items():
        text = re.sub(rf"(?<![a-z]){re.escape(word)}(?![a-z])", short, text)
    return " ".join(_LEFT_OUT.sub(" ", text).split())


def by_name(schools: Iterable[tuple[int, str, str]]) -> dict[tuple[str, str], int]:
    """Return URNs by authority and normalised name; a name that two schools share is in neither's favour, and is left out."""
    rows = [(urn, authority, normalised(name)) for urn, authority, name in schools]
    count = Counter((authority, name) for _, authority, name in rows)
    return {(authority, name): urn for urn, authority, name in rows if count[authority, name] == 1}


def known_names(session: Session) -> dict[tuple[str, str], int]:
    """Return the open state-funded schools by authority and name."""
    query = select(School.urn, School.authority, School.name).where(col(School.open).is_(True), col(School.state_funded).is_(True))
    return by_name((urn, authority, name) for urn, authority, name in session.exec(query).all())
