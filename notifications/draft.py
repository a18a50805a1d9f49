"""A message as it is handed to the outbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pendulum


@dataclass(frozen=True, slots=True)
class Recipient:
    """One exact recipient: a role, a name and an address; without an address the message is kept as skipped."""

    role: str
    name: str
    address: str | None


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes, and about what: the same for all messages of a commission."""

    commission_id: int
    reference: str
    programme: str
    partnership: str
    commissioner: str
    adviser: str
    adviser_email: str

    def context(self, to: Recipient) -> dict[str, Any]:
        """Return what every template may say about the sender and whom it writes to."""
        return {
            "reference": self.reference,
            "programme": self.programme,
            "partnership": self.partnership,
            "commissioner": self.commissioner,
            "adviser": self.adviser,
            "adviser_email": self.adviser_email,
            "to_name": to.name,
            "to_role": to.role,
        }


@dataclass(frozen=True, slots=True)
class Draft:
    """One message to be said once: `key` is its identity, `context` what its template needs (JSON values only)."""

    kind: str
    key: str
    to: Recipient
    context: Mapping[str, Any] = field(default_factory=dict)
    commission_id: int | None = None
    case_id: int | None = None
    reply_to: str | None = None
    not_before: pendulum.DateTime | None = None


def case_key(case_id: int, kind: str, edition: int | str) -> str:
    """Return the key of a message to a school: its case, its kind, and the edition of the case (or of whatever else) that it speaks of."""
    return f"case-{case_id}/{kind}/{edition}"
