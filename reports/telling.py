"""Who is told of a decision, in words: from what it put into the outbox or, where the engine writes later, from the address that is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.message import Message
from models.words import MessageStatus, Role
from notifications.draft import Recipient

_STAFF = {role.value for role in Role}
_NO_ADDRESS = "no address of it is known: tell it yourself, and enter one for what follows with `lodestar contact load FILE`"
_NO_ADDRESS_YET = "no address of it is known: enter one before the engine's next turn with `lodestar contact load FILE`"


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done, as a sentence without its full stop, and how it goes on where everybody is reached.

    Without `told` it goes on with who is told. With `later` the school is written to at the engine's next turn and not yet.
    """

    done: str
    told: str | None = None
    later: bool = False


def with_telling(deed: Deed, messages: Sequence[Message], school: Recipient) -> str:
    """Return a deed with who is told of it and who could not be, and why; `messages` are those of the decision."""
    why = {"school": _NO_ADDRESS_YET} if deed.later and not school.address else _unreached(messages)
    reached = [party for party in _parties(messages) if party not in why]
    if not why:
        return f"{deed.done}{_is_told(reached) if deed.told is None else deed.told}."
    cannot = "cannot" if deed.later else "could not"
    return f"{deed.done}{_is_told(reached)}; {'; '.join(f'the {party} {cannot} be told, since {reason}' for party, reason in why.items())}."


def _is_told(parties: Sequence[str]) -> str:
    if not parties:
        return ""
    return f", and the {parties[0]} is told" if len(parties) == 1 else f"; {', '.join(parties[:-1])} and {parties[-1]} are told"


def _parties(messages: Sequence[Message]) -> dict[str, list[Message]]:
    """Return the messages to each party; the contacts of a school are one, and any of them will do."""
    parties: dict[str, list[Message]] = {}
    for message in messages:
        parties.setdefault(message.to_role if message.to_role in _STAFF else "school", []).append(message)
    return dict(sorted(parties.items(), key=lambda one: one[0] != "school"))


def _unreached(messages: Sequence[Message]) -> dict[str, str]:
    """Return why no message goes to a party; of several supporters each has to be reached."""
    found = {}
    for party, to_it in _parties(messages).items():
        skipped = [message for message in to_it if message.status is MessageStatus.SKIPPED]
        if not skipped or (party == "school" and len(skipped) < len(to_it)):
            continue
        nowhere = party == "school" and not any(message.to_address for message in skipped)
        found[party] = _NO_ADDRESS if nowhere else skipped[0].skip_reason or "its message was skipped"
    return found
