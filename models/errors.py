"""The one error tree; every message is a sentence fit for a page: what was wrong and what to do.

LodestarError
|- BadInput          a file, a value or an option that cannot be used
|  |- BadProgramme   a programme file that does not hold together
|  `- BadFile        a register or other data file that is damaged or of no known kind
|- NotFound          nothing of that name or number
|- NotAllowed        this role may not do that
|- NotPossible       the state of things does not allow it (a case that moved on, an open item, a paused commission)
|- NotSupported      the programme asks for what is not built yet
|- DatabaseTrouble   no database, one in which others are in the way, or one at another migration
`- DeliveryTrouble   no way to send messages
"""


class LodestarError(Exception):
    """Something a person can put right; the text is the whole message."""


class BadInput(LodestarError):
    """A file, a value or an option that cannot be used."""


class BadProgramme(BadInput):
    """A programme file that does not hold together."""


class BadFile(BadInput):
    """A data file that is damaged or of no known kind."""


class NotFound(LodestarError):
    """Nothing of that name or number."""


class NotAllowed(LodestarError):
    """This role may not do that."""


class NotPossible(LodestarError):
    """The state of things does not allow it."""


class NotSupported(LodestarError):
    """The programme asks for what is not built yet."""


class DatabaseTrouble(LodestarError):
    """No database, one in which others are in the way, or one at another migration."""


class DeliveryTrouble(LodestarError):
    """No way to send messages."""
