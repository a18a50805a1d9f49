"""The import flow: one authority's schools from the register, whole or not at all."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from evidence.register import load_register
from flows import context
from flows.context import tell_operations
from flows.parameters import AsOf, AuthorityCode, RegisterFile


@flow(name="Import the register", flow_run_name="import {authority}", on_failure=[tell_operations], on_crashed=[tell_operations])
async def register_import(file: RegisterFile, authority: AuthorityCode, as_of: AsOf = None) -> dict[str, Any]:
    """Read an authority's establishments from GIAS's file and replace what was known of them."""
    loaded = await asyncio.to_thread(load_register, context.database(), Path(file), authority, context.moment(as_of))
    lines = "\n".join(f"| {name.replace('_', ' ')} | {value} |" for name, value in asdict(loaded).items())
    await acreate_markdown_artifact(markdown=f"| what | value |\n|---|---|\n{lines}\n", key=f"register-{authority}")
    return {name: str(value) for name, value in asdict(loaded).items()}
