# SPDX-License-Identifier: Apache-2.0
"""What every command prints: a person's lines or one JSON value, progress on a terminal, errors with a next step."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from getpass import getuser

import typer
from django.db import Error as DatabaseFault
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from glasshouse.engines.codeindex.text import pieces
from glasshouse.kernel.errors import ConflictError, GlasshouseError

_TIME = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*Z$")
Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]
# Names and source may hold anything: no markup, no emoji names, no highlighting is read out of them.
errors = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


class MachineError(ConflictError):
    """The disk, a file's rights or the database stand in the way; the same command may succeed later."""

    code = "cli.machine"


def actor() -> str:
    """Return who the journal says did this: the operator's account on this machine."""
    return f"operator:{os.environ.get('SUDO_USER') or getuser()}"


def safe(text: str) -> str:
    """Return one line in which everything is visible: escape sequences, controls and bidi marks stand as `[U+001B]`."""
    return "".join(piece.text for piece in pieces(text.encode("utf-8", "surrogatepass")))


def tell_json(value: Json) -> None:
    """Print one JSON value in ASCII: no control character of a name or a line reaches a terminal."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def tell(value: Json, lines: Sequence[str], *, as_json: bool) -> None:
    """Print one JSON value, or the lines that say the same to a person."""
    if as_json:
        tell_json(value)
    else:
        for line in lines:
            console.print(safe(line))


def tell_table(rows: Sequence[Mapping[str, Json]], columns: Sequence[str], *, empty: str, as_json: bool) -> None:
    """Print rows as a table with these columns, or as JSON."""
    if as_json:
        tell_json(list(rows))
        return
    if not rows:
        console.print(empty)
        return
    table = Table(box=None, pad_edge=False)
    for column in columns:
        is_number = all(isinstance(row.get(column), int) for row in rows)
        table.add_column(
            column.replace("_", " "), justify="right" if is_number else "left", overflow="fold", no_wrap=column == "uid"
        )
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    console.print(table)


def _cell(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else _TIME.sub(r"\1 \2", safe(str(value or "-")))


@contextmanager
def progress(title: str, *, as_json: bool) -> Iterator[Callable[[int, int], None]]:
    """Show how far a long step is, on standard error; yields `report(done, of)`, where 0 stands for unknown."""
    if as_json or not errors.is_terminal:
        errors.print(f"{title} …")
        yield lambda _done, _of: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(title, total=None, state="")
        yield lambda done, of: bar.update(
            task, completed=done, total=of or None, state=f"{done:,} of {of:,}" if of else f"{done:,}"
        )


@contextmanager
def answered(*, as_json: bool) -> Iterator[None]:
    """Turn a refusal into its message, what to do next, and its exit code."""
    try:
        yield
    except GlasshouseError as error:
        raise _told(error, as_json=as_json) from error
    except (OSError, DatabaseFault) as error:
        # A full disk, a database that does not answer: the machine's matter, one line and no traceback.
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise _told(MachineError(f"The machine refused: {reason}."), as_json=as_json) from error


def _told(error: GlasshouseError, *, as_json: bool) -> typer.Exit:
    if as_json:
        tell_json({"error": error.code, "message": error.message, "hint": error.hint})
    else:
        errors.print(safe(error.message))
        if error.hint:
            errors.print(safe(error.hint))
    return typer.Exit(error.exit_code)
