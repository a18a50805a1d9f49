"""lodestar flow: the only commands that touch Prefect; it is imported inside them, because that takes seconds."""

import json as json_library
from typing import Annotated

from cyclopts import App, Parameter

from app.output import say, show, show_json
from app.session import Json, Number
from models.errors import BadInput, LodestarError

app = App(name="flow")


@app.command(name="list")
def list_(*, json: Json = False) -> None:
    """List what can be run, with the parameters that it needs and those it may be given, and when it runs by itself."""
    from flows.remote import deployments

    show(deployments(), "Nothing is served: start everything with `lodestar up`.", json)


@app.command
def run(
    name: str,
    /,
    *,
    set_: Annotated[list[str] | None, Parameter(name="--set", help="A parameter as name=value; once for each.")] = None,
    wait: Annotated[bool, Parameter(help="Wait until the run has ended.")] = True,
    json: Json = False,
) -> None:
    """Run a deployment, such as `diagnose`, and say how it ended.

    Parameters
    ----------
    name
        The deployment, as `lodestar flow list` shows it.
    """
    from flows.remote import run_and_wait
    from flows.saying import sentence_of

    parameters = dict(_parameter(one) for one in set_ or [])
    found = run_and_wait(name, parameters, wait=wait)
    sentence = sentence_of(found["message"])
    if json:
        show_json(found)
    elif sentence:
        raise LodestarError(sentence)
    else:
        say(f"Run {found['run']}: {found['state']}." + (f" {found['message']}" if found["message"] else ""))
    if found["state"] in {"Failed", "Crashed", "Cancelled"}:
        raise SystemExit(1)


def _parameter(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not equals:
        raise BadInput(f'"{text}" is no parameter: write name=value.')
    try:
        return name, json_library.loads(value)
    except ValueError:
        return name, value


@app.command
def runs(*, last: Number = 20, json: Json = False) -> None:
    """List the last runs, newest first: what was run, for when it is planned, and how it stands or ended."""
    from flows.remote import last_runs

    show(last_runs(last), "No runs yet.", json)
