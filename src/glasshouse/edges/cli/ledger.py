# SPDX-License-Identifier: Apache-2.0
"""The ledger at the operator's terminal: its head, its audit, a proof."""

import base64
from pathlib import Path
from typing import Annotated

import typer

from glasshouse.edges.cli import laboratory
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import answered, tell
from glasshouse.kernel.errors import ConflictError
from glasshouse.kernel.ids import Uid

ledger = typer.Typer(no_args_is_help=True, help="The lab's tamper-evident log.")
_DAMAGED = 1


@ledger.command(epilog="Example: glasshouse ledger checkpoint > checkpoint.txt")
def checkpoint(as_json: AsJson = False) -> None:
    """Print the newest signed tree head, as parties and witnesses get it."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.journal import queries

        head = queries.signed_head()
        if head is None:
            raise ConflictError("No tree head is signed yet.", hint="Run `glasshouse serve`, or `work` and `sign`.")
        note = head[1].decode()
        root = base64.b64encode(head[0].root).decode()
        tell({"note": note, "root": root, "size": head[0].size}, note.rstrip("\n").split("\n"), as_json=as_json)


@ledger.command(epilog="Example: glasshouse ledger audit --json")
def audit(
    packs: Annotated[bool, typer.Option(help="Also decrypt and hash every release.")] = True, as_json: AsJson = False
) -> None:
    """Compare the journal with the log and the log with its signed head; exit 1 and name what differs."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.edges.cli import auditing

        entries, messages = auditing.audit_journal(as_json=as_json)
        if packs:
            messages += auditing.audit_packs(as_json=as_json)
        tell(
            {"entries": entries, "findings": messages},
            messages or [f"{entries:,} entries, their order and every release agree with the signed log."],
            as_json=as_json,
        )
    if messages:
        raise typer.Exit(_DAMAGED)


@ledger.command(epilog="Example: glasshouse ledger prove 5etmacqg6kgydcmf9rwrh3zk0p > entry.tlog-proof")
def prove(
    event: Annotated[str, typer.Argument(help="The uid of an entry, or with --since nothing.")] = "",
    since: Annotated[
        int | None,
        typer.Option(min=0, help="Prove instead that the tree extends the one of this size; 0 for a new witness."),
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write to a file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the proof that an entry stands in the signed tree, or that the tree extends an older one."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.journal import proving

        text = proving.consistency(since) if since is not None else proving.inclusion(Uid.parse(event))
        if output:
            output.write_bytes(text)
        tell(
            {"proof": text.decode()},
            [f"Written to {output}."] if output else text.decode().rstrip("\n").split("\n"),
            as_json=as_json,
        )


@ledger.command(epilog="Example: glasshouse ledger cosigned request.txt cosignatures.txt")
def cosigned(
    request: Annotated[Path, typer.Argument(help="What `ledger prove --since` printed and a witness was given.")],
    cosignatures: Annotated[Path, typer.Argument(help="What `glasshouse-witness cosign` answered.")],
    as_json: AsJson = False,
) -> None:
    """Take back the cosignatures of a witness that is reached by files; receipts carry them from then on."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.edges.cli import cosigning

        kept = cosigning.keep(request.read_bytes(), cosignatures.read_bytes())
        tell(
            {"size": kept.size, "witnesses": kept.witnesses},
            [f"Checkpoint {kept.size:,} is kept, cosigned by {', '.join(kept.witnesses)}."],
            as_json=as_json,
        )
