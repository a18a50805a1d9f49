"""No pupil's record comes in: files, answers and notes with what looks like one are refused at the door."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from models.errors import BadFile, BadInput

# Headings of pupil-level exports from schools' systems and from the department's own collections, looked for in a heading of which only
# the words are left, in small letters: a number, a birth or a name of one pupil wherever it stands,
_ONE = r"(?:pupil|student|learner|child|children|candidate)s?"
_NUMBER = r"(?:numbers?|no|num|nr|id|identifier|ref|reference|code)"
_NUMBER_OR_BIRTH = re.compile(rf"""\b(?:
    upn|uln|pmr|dob|d\ o\ b|date\ ?of\ ?birth|birth\ ?(?:date|day)
    |unique\ (?:pupil|student|learner|candidate)\ {_NUMBER}|pupil\ matching\ reference|nhs\ (?:number|no|num|id)
)\b""", re.VERBOSE)  # fmt: skip
_NAME_OF_ONE = re.compile(r"\b(?:forenames?|surnames?|(?:first|last|given|family|middle|preferred|chosen) ?names?)\b")
# and one pupil, by whatever word, as the whole heading; pupils in the plural are counted, and a count is welcome.
_WHOLE = re.compile(rf"""
    (?:names?\ of\ )?(?:the\ )?(?:pupil|student|learner|child)
    |names?\ of\ (?:the\ )?(?:pupils|students|learners|children|candidates?)
    |{_ONE}(?:\ (?:first|last|full|legal|preferred|given|family|middle))*
     \ ?(?:names?|forename|surname|id|identifier|upn|ref|reference|initials|dob|date\ of\ birth|code|email|address)(?:\ {_NUMBER})?
    |(?:legal\ )?full\ ?names?
    |(?:{_ONE}\ )?adm(?:ission)?\ (?:number|no|num|nr)
""", re.VERBOSE)  # fmt: skip
# Not where a heading counts, or names whoever works at a school or the school itself; a heading of more words is a sentence.
_COUNTS = re.compile(r"(?:(?:numbers?|no|count|percentage|percent|share|proportion) of|total|average|%)\b.*|.*\b(?:with|without|count|total)\b.*")
_STAFF_OR_SCHOOL = """
head headteacher principal chair contact school establishment academy trust trustee group sponsor governor clerk la authority provider
institution officer adviser teacher executive director leader manager coordinator staff senco diocese ward constituency
"""
_OF_STAFF_OR_SCHOOL = frozenset(_STAFF_OR_SCHOOL.split())
_MOST_WORDS = 8
_CAMEL = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^][]*\]")
_NO_WORD = re.compile(r"[^\w%]+|_")
# A pupil's number, unless the table also counts girls or boys: a published file of grades calls the number of pupils on roll so.
_NUMBER_OF_ONE = re.compile(r"(?:pupil|student|learner|child|candidate)s? ?(?:number|no|num|nr)")
_BY_SEX = re.compile(r"(?:number of )?(?:pupils? )?(?:girls|boys)")
# People part the digits of a number as they like.
_SPELT_UPN = re.compile(r"\b[A-HJ-NP-RT-Z](?:[ -]?\d){11}(?:[ -]?\d|[A-HJ-NP-RT-Z])\b", re.IGNORECASE)
# Every byte as a letter (a), a digit (1), of no ASCII character (?) or something else, without what may part digits: what is then looked
# for is one plain run of bytes.
_MARKS = bytes(ord("?" if code >= 128 else "1" if chr(code).isdigit() else "a" if chr(code).isalpha() else ".") for code in range(256))
_PARTS = b" -"
_NEAR_OTHER = re.compile(rb"[a?][1?]{11}")
_BORN = r"(?i:\bborn\b|\bdob\b|\bd\.o\.b\.?|\bdate of birth\b)"
_MONTH = r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = rf"(?:\d{{1,2}}[-/. ]\d{{1,2}}[-/. ]\d{{2,4}}|\d{{4}}-\d\d-\d\d|\d{{1,2}}(?:st|nd|rd|th)? {_MONTH} \d{{2,4}})"
# What is atomic (?>) or possessive (++) is tried in one way only: a text of any making is looked through in about the time of its length.
_WORD = r"(?>[A-ZÀ-ÖØ-Þ][\w'\u2019-]{0,40}[^\W\d_])"
_NAME = rf"{_WORD}(?:[ \t]+{_WORD}){{1,3}}"
# What follows a name in a list, such as an age or a class, and then what parts it from the next.
_NOTE = r"(?>[ \t]*(?:\([^()\n]{0,30}\)|\d{1,2}\b))"
_APART = rf"(?>{_NOTE}?[ \t]*(?:,[ \t]*and\b|[,;&/|]|\band\b|\r?\n)\s*(?:[-*•]\s*|\d+[.)]\s*)?)"
_BESIDE_DATE = re.compile(rf"{_BORN}.{{0,40}}?{_DATE}|{_DATE}.{{0,20}}?{_BORN}", re.DOTALL)
_BESIDE_NAME = re.compile(rf"({_NAME})[^.\n]{{0,25}}?{_BORN}|{_BORN}[^.\n]{{0,25}}?({_NAME})")
# Whoever is at a school was born in this century; a day after 2022 is one on which an adult signed or met somebody.
_BIRTHDAY = rf"(?:\d{{1,2}}(?:[-/.]\d{{1,2}}[-/.]|(?:st|nd|rd|th)? {_MONTH} )(?:20)?(?:[01]\d|2[0-2])\b|20(?:[01]\d|2[0-2])-\d\d-\d\d)"
_THEN_BIRTHDAY = re.compile(rf"({_NAME})(?>[ \t]*[,:(-]?[ \t]*){_BIRTHDAY}")
# "Children born in summer" are counted; a child born in May is one.
_ONE_BORN = re.compile(r"\b(?:child|pupil|student|learner|boy|girl)\b[^.\n]{0,30}\bborn\b", re.IGNORECASE)
_TITLED = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr)\b\.? +[^\W\d_]")
_RUN = re.compile(rf"{_NAME}(?:{_APART}++{_NAME}){{2,}}")
# Smith J., Jones A. or J. Smith, A. Jones: no name is as short where it stands alone.
_INITIALS = r"(?>(?:[A-ZÀ-ÖØ-Þ]\.?[ \t]?){0,1}[A-ZÀ-ÖØ-Þ]\b\.?)"
_SHORT = rf"(?:{_WORD},?[ \t]+{_INITIALS}|{_INITIALS}[ \t]*{_WORD})"
_BETWEEN = re.compile(rf"{_APART}++")
_SHORT_NAME = re.compile(_SHORT)
_SHORT_RUN = re.compile(rf"{_SHORT}(?:{_APART}++{_SHORT}){{2,}}")
_LIST_OF_NAMES = 3
# What stands before a list of names and is no part of one.
_LEADING = """
pupils pupil children child students student boys girls learners year the also both with including namely and we our these those mr mrs ms
miss dr
"""
# Words of places, schools, roles, days and lessons: a pair with one of them is no name of a child.
_OF_SCHOOLS = """
school schools primary secondary academy academies college infant infants junior juniors nursery special trust federation partnership
diocese church catholic st saint hub centre center county council borough city town village district authority council's lane road street
avenue hill green park cross bridge field fields wood woods farm house hall court close way north south east west upper lower great little
new old mill common valley head headteacher deputy assistant chair vice governor governors governing board clerk parent staff teacher
teachers leader lead adviser advisor officer director executive manager coordinator senco senior team committee member members trustee
trustees business safeguarding designated monday tuesday wednesday thursday friday saturday sunday january february march april may june
july august september october november december spring summer autumn winter term half week day club clubs breakfast homework lunch reading
writing maths mathematics english science history geography music art drama sport sports design technology computing phonics literacy
numeracy language languages religious education physical early years foundation stage key curriculum assessment behaviour attendance
inclusion send support plan plans policy review reviews programme project award quality good outstanding progress standards level levels
department ofsted national teaching learning forest community family mental health wellbeing free meals premium grant action improvement
network group groups service services local open data sixth form grove meadow mead oak elm ash beech liability insurance indemnity certificate
disclosure barring protection recruitment references public professional
"""
# Words that a single letter follows or precedes, which makes no name of them.
_LETTERED = """
class classes set sets band room block option form grade tier phase section part unit cohort stream house question appendix annex table
figure wave zone site building item column row line page step priority objective outcome target model version route pathway panel strand
vitamin hepatitis entrance gate list schedule paper exam category type case band pupil child
"""
_WITH_A_LETTER = frozenset(_LETTERED.split())
_NO_LETTERS = re.compile(r"[^\w'\u2019-]+")
_BEFORE, _NO_NAME = frozenset(_LEADING.split()), frozenset(_OF_SCHOOLS.split())


def check_columns(name: str, columns: Iterable[str]) -> None:
    """Raise BadFile if a table has a column of a pupil-level export."""
    plain = {column: _readings(column) for column in columns}
    counted = any(_BY_SEX.fullmatch(words) for readings in plain.values() for words in readings)
    found = next((column for column, readings in plain.items() if any(_tells_of_a_pupil(words, counted=counted) for words in readings)), None)
    if found is not None:
        raise BadFile(f"{name} looks like a list of pupils (it has the column {found}): only counts by school may be loaded here.")


def _readings(column: str) -> set[str]:
    """Return the words of a heading in small letters: with and without what stands in brackets, and with BirthDate as one word and as two."""
    column = column.replace("'", "").replace("\u2019", "")
    return {
        " ".join(_NO_WORD.sub(" ", one).casefold().split())
        for whole in {column, _BRACKETS.sub(" ", column)}
        for one in (whole, _CAMEL.sub(" ", whole))
    }


def _tells_of_a_pupil(words: str, *, counted: bool) -> bool:
    if _WHOLE.fullmatch(words) or (not counted and _NUMBER_OF_ONE.fullmatch(words)):
        return True
    if words.count(" ") >= _MOST_WORDS or _COUNTS.fullmatch(words):
        return False
    return bool(_NUMBER_OR_BIRTH.search(words) or (_NAME_OF_ONE.search(words) and not _OF_STAFF_OR_SCHOOL.intersection(words.split())))


def check_cells(name: str, line: int, cells: Iterable[str]) -> None:
    """Raise BadFile if a row holds what looks like a unique pupil number."""
    # Joined first: one search a row takes a tenth of the time of one a cell. No number is parted by a comma.
    if _SPELT_UPN.search(",".join(cells)):
        raise BadFile(f"{name}, line {line}: there is what looks like a unique pupil number; only counts by school may be loaded here.")


def may_have_pupil_number(data: bytes) -> bool:
    """Tell whether a pupil number can stand in these bytes at all: eleven digits after a letter, with no more than spaces and hyphens in between.

    Most files have none, and need not be looked through row by row. A byte of no ASCII character counts as a letter and as a digit.
    """
    marks = data.translate(_MARKS, _PARTS)
    if b"a" + b"1" * 11 in marks:
        return True
    other = marks.find(b"?")
    while other >= 0:
        if _NEAR_OTHER.search(marks, max(0, other - 11), other + 12):
            return True
        other = marks.find(b"?", other + 1)
    return False


def check_answers(answers: Mapping[str, Any]) -> None:
    """Raise BadInput if an answer in words looks as if it named pupils: a pupil number, a date of birth, a list of names."""
    for question, value in answers.items():
        if isinstance(value, str):
            refuse_pupils_in(value, f'The answer to "{question}"')


def refuse_pupils_in(text: str, what: str = "The text") -> None:
    """Raise BadInput if words look as if they named pupils; `what` begins the sentence, such as "The reason"."""
    if names_pupils(text):
        raise BadInput(f"{what} looks as if it told of single pupils: give counts, never names, numbers or dates of birth.")


def refuse_person_as(text: str, what: str) -> None:
    """Raise BadInput if words that should be a role or post are a person's name; `what` begins the sentence."""
    if _TITLED.search(text) or (_is_name(text) and re.fullmatch(_NAME, text.strip())):
        raise BadInput(f'{what} is "{text}", which looks like a person\'s name: give a role or post, such as headteacher.')


def names_pupils(text: str) -> bool:
    """Tell whether a text has a pupil number, a date of birth, somebody's birth by name, or three or more names in a row."""
    if _SPELT_UPN.search(text) or _BESIDE_DATE.search(text) or _ONE_BORN.search(text):
        return True
    if any(_is_name(match[1] or match[2]) for match in _BESIDE_NAME.finditer(text)):
        return True
    if any(_is_name(match[1]) for match in _THEN_BIRTHDAY.finditer(text)):
        return True
    # A tab stands between the parts of a name or between names: with what was copied from a spreadsheet both are tried.
    return any(_lists_names(one) for one in {text, text.replace("\t", "\n")})


def _lists_names(text: str) -> bool:
    if any(len(_surnames(run[0])) >= _LIST_OF_NAMES for run in _SHORT_RUN.finditer(text)):
        return True
    return any(sum(map(_is_name, _BETWEEN.split(run[0]))) >= _LIST_OF_NAMES for run in _RUN.finditer(text))


def _surnames(run: str) -> set[str]:
    """Return the different surnames of a run of names with initials: Group A, Group B and Group C have none, and one would be no list."""
    words = (next(word for word in _NO_LETTERS.split(match[0]) if len(word) > 1) for match in _SHORT_NAME.finditer(run))
    return {word.casefold() for word in words} - _NO_NAME - _WITH_A_LETTER


def _is_name(words: str) -> bool:
    """Tell whether capitalised words look like a person's name: two or three, with no word of a place, a school, a role or a lesson."""
    parts = [part.casefold().removesuffix("'s").removesuffix("\u2019s") for part in words.split()]
    while parts and parts[0] in _BEFORE:
        parts.pop(0)
    return 2 <= len(parts) <= 3 and not _NO_NAME.intersection(parts)
