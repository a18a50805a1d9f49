"""The command line: every command, and the one place that turns an error into a sentence."""

import datetime
import decimal
import os
import signal
import subprocess
import sys
from typing import Annotated

from cyclopts import App, CycloptsError, MissingArgumentError, Parameter, UnknownCommandError, UnusedCliTokensError
from sqlalchemy.exc import DataError, DBAPIError, OperationalError

from app.commands import (
    bench,
    broker,
    calendar,
    case,
    commission,
    database,
    demo,
    evidence,
    feed,
    flow,
    meeting,
    member,
    message,
    note,
    programme,
    register,
    supporter,
)
from app.output import complain, err, say
from models.errors import LodestarError
from models.settings import Settings

_MEANT = {"--as": "ROLE", "--by": "OFFICE", "--set": "NAME=VALUE", "--budget": "POUNDS", "--answer": "QUESTION=VALUE", "--reason": "WHY"}
# What Python itself says of a number or a date that is too large for it; no other slip of arithmetic is the fault of whoever wrote the command.
_BEYOND_ANY = (OverflowError, decimal.InvalidOperation)
app = App(
    name="lodestar",
    help="Lodestar: the workflow engine of an area-based education partnership.",
    version="0.1.0",
    result_action="return_value",
    error_console=err,
)
for group in (
    programme.app, commission.app, case.case, message.app, evidence.app, member.app, supporter.app, broker.app, meeting.app, feed.app, calendar.app,
    flow.app, database.app, bench.app,
):  # fmt: skip
    app.command(group)
for group in (register.register, register.contact, register.commissioner, register.person):
    app.command(group)
app.command(case.decide, name="decide")
case.case.command(note.note, name="note")
app.command(demo.demo, name="demo")


@app.command
def up(*, mail_catcher: Annotated[bool, Parameter(help="Start a mail server that only catches, for development.")] = True) -> None:
    """Start everything on this machine: Prefect, all deployments, the outbox worker, the relay. Ctrl-C stops it."""
    command = [sys.executable, "-m", "deployments.up", *([] if mail_catcher else ["--no-mail-catcher"])]
    process = subprocess.Popen(command)  # noqa: S603 - our own interpreter and arguments
    while process.poll() is None:
        try:
            process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
    if process.returncode:
        raise SystemExit(process.returncode)


@app.command
def down() -> None:
    """Stop what `lodestar up` started."""
    file = Settings().home / "up.pid"
    try:
        number = int(file.read_text())
        os.kill(number, signal.SIGTERM)
    except (FileNotFoundError, ProcessLookupError, ValueError) as error:
        raise LodestarError("Nothing is running here: `lodestar up` starts it.") from error
    say("Stopping.")


def main() -> None:
    """Run the command line; an error that a person can mend is one sentence and exit code 1."""
    try:
        app(print_error=False, exit_on_error=False)
    except KeyboardInterrupt:
        complain("Stopped.")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except (LodestarError, CycloptsError, DBAPIError, *_BEYOND_ANY) as error:
        complain(_sentence(error))
        sys.exit(1)


def _sentence(error: Exception) -> str:
    """Return what a person is told of an error."""
    if isinstance(error, UnknownCommandError):
        return f"{str(error).split('. Available', maxsplit=1)[0]}: `lodestar --help` shows those there are."
    if isinstance(error, MissingArgumentError):
        return _missing(error)
    if isinstance(error, UnusedCliTokensError):
        return f"Nothing is known to do with {' '.join(error.unused_tokens or [])}: `--help` after the command shows what it takes."
    if isinstance(error, OperationalError):
        return f"The database did not do what was asked ({type(error.orig).__name__}): see whether it is running and has room, then try again."
    if isinstance(error, (DataError, *_BEYOND_ANY)):
        return "A number or a date in that command is beyond any that can be meant: look at it again."
    if isinstance(error, DBAPIError):
        what = type(error.orig).__name__
        return f"The database refused what was to be saved ({what}), and nothing of it was: see what is there by now, and look at the command again."
    return str(error)


def _missing(error: MissingArgumentError) -> str:
    """Return what a command still needs, as `--help` writes it: a word by its place, or an option with its word."""
    if error.argument is None:
        return str(error)
    name, path = error.keyword or error.argument.name, " ".join(error.command_chain or ())
    if name.startswith("--"):
        meant = _MEANT.get(name) or ("DATE" if error.argument.hint is datetime.date else name.strip("-").upper().replace("-", "_"))
        name = f"{name} {meant}"
    else:
        name = name.upper()
    return f'"{path}" needs {name}: `lodestar {path} --help` shows what it takes.'
