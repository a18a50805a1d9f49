"""The parameters of flows, as people meet them in Prefect's form."""

import datetime
from typing import Annotated, Literal

from pydantic import Field


def _shown(title: str, description: str) -> dict[str, str]:
    # Prefect replaces a field's own title and description, but keeps what stands in the schema.
    return {"title": title, "description": description}


CommissionReference = Annotated[
    str,
    Field(
        min_length=1,
        max_length=60,
        json_schema_extra=_shown("Commission", "Reference of the commission, as `lodestar commission list` shows it."),
    ),
]
AsOf = Annotated[
    datetime.datetime | None,
    Field(json_schema_extra=_shown("As of", "The moment the run is for. Leave it empty for now; set it to simulate.")),
]
ProgrammeName = Annotated[
    str, Field(min_length=1, json_schema_extra=_shown("Programme", "Name of a shipped programme, or the path of a programme file."))
]
AuthorityCode = Annotated[
    str, Field(pattern=r"^\d{3}$", json_schema_extra=_shown("Authority", "Three-digit code of the local authority, such as 919."))
]
RegisterFile = Annotated[
    str, Field(min_length=1, json_schema_extra=_shown("Register file", "Path of GIAS's establishment file (zip or csv) on this machine."))
]
HowMany = Annotated[int, Field(ge=1, le=100_000, json_schema_extra=_shown("At most", "How many messages to deliver in this run at most."))]
Seed = Annotated[int, Field(ge=0, json_schema_extra=_shown("Seed", "The same seed gives the same simulated people."))]
Pace = Annotated[Literal["weekly", "fortnightly"], Field(json_schema_extra=_shown("Pace", "How often the engine takes its turn in simulated time."))]
