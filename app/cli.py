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

from app.output import complain, err, say
from models.errors import LodestarError
from models.settings import Settings

_MEANT = {"--as": "ROLE", "--by": "OFFICE", "--set": "NAME=VALUE", "--budget": "POUNDS", "--answer": "QUESTION=VALUE", "--reason": "WHY"}
# Where each command is and what it is for: only the one that is asked for is imported, since together they take seconds.
COMMANDS = {
    "programme": ("programme:app", "The offers, as data."),
    "commission": ("commission:app", "One programme bought by one commissioner."),
    "case": ("case:case", "One school in one commission."),
    "message": ("message:app", "What was said to whom."),
    "evidence": ("evidence:app", "What is known of schools: public files, figure by figure, with source and date."),
    "member": ("member:app", "Members of the partnership."),
    "supporter": ("supporter:app", "Who can help."),
    "broker": ("broker:app", "Matches, and why; needs that are not met; what would happen if."),
    "meeting": ("meeting:app", "Meetings of several schools, and the groups that meet."),
    "feed": ("feed:app", "Visits and meetings of one person, for a calendar program that follows them."),
    "calendar": ("calendar:app", "Terms, and days of term without visits."),
    "flow": ("flow:app", "Prefect's deployments and runs of a running system."),
    "db": ("database:app", "Look after the database."),
    "bench": ("bench:app", "The matching engine on published problems."),
    "register": ("register:register", "The register of schools."),
    "contact": ("register:contact", "Whom to write to at schools."),
    "commissioner": ("register:commissioner", "The public bodies that buy."),
    "person": ("register:person", "The partnership's own people."),
    "decide": ("decide:decide", "Decide something on a case; the decision, the case's move and the messages that follow are saved together."),
    "demo": ("demo:demo", "Play a whole commission from opening to evaluation, with real flows and real messages into a mailbox folder."),
}
# What Python itself says of a number or a date that is too large for it; no other slip of arithmetic is the fault of whoever wrote the command.
_BEYOND_ANY = (OverflowError, decimal.InvalidOperation)
app = App(
    name="lodestar",
    help="Lodestar: the workflow engine of an area-based education partnership.",
    version="0.1.0",
    result_action="return_value",
    error_console=err,
)
for _name, (_place, _help) in COMMANDS.items():
    app.command(f"app.commands.{_place}", name=_name, help=_help)


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
