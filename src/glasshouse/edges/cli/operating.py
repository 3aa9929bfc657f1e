# SPDX-License-Identifier: Apache-2.0
"""The operator's commands: found and run the lab, add people, back up."""

from pathlib import Path
from typing import Annotated

import typer

from glasshouse.edges.cli import founding, laboratory, processes
from glasshouse.edges.cli.output import actor, answered, progress, tell
from glasshouse.kernel import clock

person = typer.Typer(no_args_is_help=True, help="The people of the lab.")
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of lines.")]


def add_to(app: typer.Typer) -> None:
    """Add the top-level commands."""
    app.command(epilog='Example: glasshouse init --name "Lab Brussels" --url https://lab.example')(init)
    app.command(epilog="Example: glasshouse serve --tls-cert lab.pem --tls-key lab.key")(serve)
    app.command(epilog="Example: glasshouse work")(work)
    app.command(epilog="Example: glasshouse sign")(sign)
    app.command(epilog="Example: glasshouse publish /srv/www/lab")(publish)
    app.command(epilog="Example: glasshouse backup /srv/backups/2026-11-23")(backup)
    app.command(epilog="Example: GLASSHOUSE_HOME=/srv/lab glasshouse restore /srv/backups/2026-11-23")(restore)


def init(
    name: Annotated[str, typer.Option(help="What the lab is called.")] = "Security lab",
    url: Annotated[
        str, typer.Option(help="Where people reach it; https, or http://localhost.")
    ] = "http://localhost:8000",
    database: Annotated[str, typer.Option(help="sqlite:///… or postgresql://…; default: a file in the lab.")] = "",
    keys: Annotated[Path | None, typer.Option(help="Folder of the keys, outside the lab and its backups.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Mark the lab as a demo, with passwords.")] = False,
    as_json: AsJson = False,
) -> None:
    """Found a lab in GLASSHOUSE_HOME, or bring its database to this version."""
    home = laboratory.home()
    where = keys or Path.home() / ".config" / "glasshouse" / home.name
    with answered(as_json=as_json):
        plan = founding.Plan(home, where.absolute(), name, url, database, demo)
        trust = founding.found(plan, actor())
        tell(
            {"home": str(home), "keys": str(plan.keys), "trust": trust},
            [
                f"The lab is at {home}, its keys at {plan.keys}: back them up apart.",
                "For the trust file of your visitors, on paper too:",
                f"  {trust}",
                "  quorum none",
                "Next: glasshouse person add, glasshouse release import, glasshouse serve.",
            ],
            as_json=as_json,
        )


def serve(
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate chain, PEM.", exists=True, dir_okay=False)] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its key, PEM.", exists=True, dir_okay=False)] = None,
    listen: Annotated[
        str, typer.Option(help="Address and port; default: the port of the lab's url on this machine.")
    ] = "",
    workers: Annotated[int, typer.Option(help="Web processes; default: one a core.")] = 0,
) -> None:
    """Run the whole lab: web, searcher, worker and signer, each a process of its own; end all with Ctrl-C."""
    with answered(as_json=False):
        laboratory.open_lab()
        code = processes.run_lab(processes.Web(listen, workers, tls_cert, tls_key))
    raise typer.Exit(code)


def work() -> None:
    """Run the worker alone: it sequences the ledger, gives checkpoints out and does jobs."""
    with answered(as_json=False):
        laboratory.open_lab()
        code = processes.run_worker()
    raise typer.Exit(code)


def sign() -> None:
    """Run the signer alone, where only it can read the log's key."""
    with answered(as_json=False):
        laboratory.open_lab()
        code = processes.run_signer()
    raise typer.Exit(code)


def publish(
    target: Annotated[Path, typer.Argument(help="The folder to write; an older site there is replaced.")],
    as_json: AsJson = False,
) -> None:
    """Write the public site as static files: checkpoint, how to verify, counts; the worker does it daily too."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        names = processes.run_export(target)
        tell({"files": names, "folder": str(target)}, [*names, f"{len(names)} files in {target}."], as_json=as_json)


def backup(
    target: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")], as_json: AsJson = False
) -> None:
    """Copy the lab while it runs: database, packs, wrapped keys, signed head. The master key is not in it."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.edges.cli import backups

        with progress("Copying the lab", as_json=as_json) as report:
            made = backups.back_up(target, actor(), now=clock.now(), report=report)
        tell(
            {"entries": made.entries, "bytes": made.size, "folder": str(target)},
            [f"{made.entries:,} entries, {made.size:,} bytes in {target}. The keys are not in it: keep them apart."],
            as_json=as_json,
        )


def restore(
    source: Annotated[Path, typer.Argument(help="A folder that `glasshouse backup` made.")],
    keys: Annotated[Path | None, typer.Option(help="Folder of the lab's keys.")] = None,
    database: Annotated[str, typer.Option(help="Where the database goes; default as in init.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a lab in GLASSHOUSE_HOME from a backup; its log goes on under a new name and says what was lost."""
    home = laboratory.home()
    with answered(as_json=as_json):
        from glasshouse.edges.cli import restoring

        with progress("Restoring the lab", as_json=as_json) as report:
            made = restoring.restore(source, home, keys, database, actor(), report=report)
        tell(
            {"entries": made.entries, "lost": made.lost, "origin": made.origin, "trust": made.trust},
            [
                f"{made.entries:,} entries are back; the log goes on as {made.origin}.",
                f"Entries signed before and lost with the old lab: {made.lost:,}."
                if made.lost is not None
                else "Whether entries were lost cannot be said: the signer's last state is not here.",
                "New line for trust files, beside the old one:",
                f"  {made.trust}",
            ],
            as_json=as_json,
        )


@person.command(
    "add", epilog="Example: glasshouse person add ada@tester.example --name 'Ada N.' --org Tester --role reviewer"
)
def person_add(
    email: str,
    name: Annotated[str, typer.Option(help="As colleagues know them.")],
    org: Annotated[str, typer.Option(help="Their organisation; a new name makes a new one.")],
    role: Annotated[list[str], typer.Option(help="reviewer, lab-manager, custodian, export-officer, product-owner, …")],
    vendor: Annotated[bool, typer.Option("--vendor", help="The organisation is the vendor itself.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add a person and print their one-time enrolment link; it is shown once and ends in 72 hours."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.edges.cli import persons

        made = persons.add(actor(), email, name, org, role, is_vendor=vendor)
        tell(
            {"link": made.link, "person": made.uid, "until": made.until},
            [f"{name} is added. Hand over this link; it works once, until {made.until}:", f"  {made.link}"],
            as_json=as_json,
        )


@person.command("link", epilog="Example: glasshouse person link ada@tester.example")
def person_link(email: str, as_json: AsJson = False) -> None:
    """Print a fresh one-time link for somebody who lost theirs; earlier links end."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.edges.cli import persons

        made = persons.link(actor(), email)
        tell(
            {"link": made.link, "person": made.uid, "until": made.until},
            [f"It works once, until {made.until}:", f"  {made.link}"],
            as_json=as_json,
        )
