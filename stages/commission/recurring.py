"""What recurs across cases: pure counting of themes, in which a case counts once however often something is said in it."""

from collections.abc import Iterable

# What was said, with the number of the case it was said in.
Said = Iterable[tuple[int, str]]
_AT_THE_END = " .,;:!?\u2026"
# A wording of one case alone would point to its school.
_FEWEST_CASES = 2


def recurring(said: Said) -> list[tuple[int, str]]:
    """Return of what was said in free words only what several cases share, in the wording that came first.

    Two wordings are one if only case, spaces or punctuation at the end tell them apart; nothing is guessed beyond that.
    """
    shared = [(words, cases) for words, cases in _grouped(said).values() if len(cases) >= _FEWEST_CASES]
    return [(case, " ".join(words.split()).rstrip(_AT_THE_END)) for words, cases in shared for case in sorted(cases)]


def tally(said: Said) -> list[tuple[str, int]]:
    """Return each theme with the number of cases it was seen in, the most frequent first."""
    found = [(words, len(cases)) for words, cases in _grouped(said).values()]
    return sorted(found, key=lambda one: -one[1])


def _grouped(said: Said) -> dict[str, tuple[str, set[int]]]:
    """Return by what is compared the first wording and the cases."""
    found: dict[str, tuple[str, set[int]]] = {}
    for case, words in said:
        alike = " ".join(words.split()).rstrip(_AT_THE_END).casefold()
        if alike:
            found.setdefault(alike, (words, set()))[1].add(case)
    return found
