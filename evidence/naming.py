"""Finding a school by authority and name, for the few files that carry no URN."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache

from sqlmodel import col, select

from models.database import Database
from models.school import School
from models.words import Phase

_WORDS = {"c of e": "ce", "cofe": "ce", "church of england": "ce", "roman catholic": "rc", "saint": "st", "voluntary aided": "va",
          "voluntary controlled": "vc", "junior and infant": "ji", "&": "and", "jnr": "junior"}  # fmt: skip
# The files without URNs are results at 11, and a secondary school may well bear the name of a primary.
_WITHOUT_ELEVEN_YEAR_OLDS = (Phase.NURSERY, Phase.SECONDARY, Phase.POST_16)
_DASHES, _MARKS = re.compile(r"[-/,\u2010-\u2015]"), re.compile(r"[^a-z0-9& ]")
_LONG = re.compile(rf"(?<![a-z])(?:{'|'.join(re.escape(word) for word in _WORDS)})(?![a-z])")
_LEFT_OUT = re.compile(r"\b(the|school|academy|primary|ce|rc|catholic|va|vc|c|a)\b")


@lru_cache(maxsize=2**17)
def normalised(name: str) -> str:
    """Return a school's name without case, accents, marks and words that files write or leave out at will."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    text = _LONG.sub(_shortened, _MARKS.sub("", _DASHES.sub(" ", plain)))
    return " ".join(_LEFT_OUT.sub(" ", text).split())


def _shortened(match: re.Match[str]) -> str:
    return _WORDS[match.group()]


def by_name(schools: Iterable[tuple[int, str, str]]) -> dict[tuple[str, str], int]:
    """Return URNs by authority and normalised name; a name that two schools share is in neither's favour, and is left out."""
    rows = [(urn, authority, normalised(name)) for urn, authority, name in schools]
    count = Counter((authority, name) for _, authority, name in rows)
    return {(authority, name): urn for urn, authority, name in rows if count[authority, name] == 1}


class KnownNames(Mapping[tuple[str, str], int]):
    """The open state-funded schools by authority and name; read from the database only when a file asks for one."""

    def __init__(self, database: Database) -> None:
        """Remember where to read from."""
        self._database = database

    @cached_property
    def _names(self) -> dict[tuple[str, str], int]:
        query = select(School.urn, School.authority, School.name).where(
            col(School.open).is_(True), col(School.state_funded).is_(True), col(School.phase).not_in(_WITHOUT_ELEVEN_YEAR_OLDS)
        )
        with self._database.reading() as session:
            return by_name((urn, authority, name) for urn, authority, name in session.exec(query).all())

    def __getitem__(self, key: tuple[str, str]) -> int:
        """Return the URN of a school."""
        return self._names[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Walk over the names."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return how many names there are."""
        return len(self._names)
