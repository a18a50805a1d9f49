"""Writing a document to a file: whole or not at all, and a sentence where it cannot be written."""

from collections.abc import Callable
from pathlib import Path

from models.errors import BadInput


def write_document(path: Path, made: Callable[[], bytes], *, make_folder: bool = False) -> Path:
    """Make a document and write it, whole or not at all; `make_folder` says that its folder need not be there yet. BadInput if it cannot be."""
    content, beside = made(), path.with_name(f".{path.name}.part")
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(content)
            beside.replace(path)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        where = "that can be written to" if make_folder else "that exists"
        raise BadInput(f"{path} cannot be written ({error.strerror}): give the path of a file in a folder {where}.") from error
    return path
