# SPDX-License-Identifier: Apache-2.0
"""Houses at the operator's terminal: adding them, their rooms and machines, and what they say."""

from pathlib import Path
from typing import Annotated

import typer

from glasshouse.edges.cli import laboratory
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import Json, actor, answered, tell, tell_table
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

site = typer.Typer(no_args_is_help=True, help="The houses in which source is read.")


@site.command(
    "add",
    epilog="Example: glasshouse site add Brussels --place 'Rue de la Loi 1, Brussels' --country BE "
    "--zone Europe/Brussels --hours 'mon-fri 08:30-18:00'",
)
def add(
    name: Annotated[str, typer.Argument(help="What the house is called.")],
    place: Annotated[str, typer.Option(help="Its address, as visitors find it.")],
    country: Annotated[str, typer.Option(help="Two letters of ISO 3166-1.")],
    zone: Annotated[str, typer.Option(help="Time zone by its IANA name.")],
    hours: Annotated[str, typer.Option(help="When it is open, by its own clock.")] = "mon-fri 09:00-17:00",
    as_json: AsJson = False,
) -> None:
    """Add a house; rooms, workstations and what it says to visitors follow."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.sites import commands, values

        new = values.NewSite(name, place, country, zone, values.week(hours))
        made = commands.add_site(actor(), new, now=clock.now())
        tell(
            {"country": made.country, "name": made.name, "uid": made.uid, "zone": made.zone},
            [f"{made.name} is added: {made.uid}.", "Next: glasshouse site room, site workstation, site text."],
            as_json=as_json,
        )


@site.command("list", epilog="Example: glasshouse site list --json")
def list_(as_json: AsJson = False) -> None:
    """List the houses with their hours, rooms and workstations; who comes there is not told here."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.sites import queries
        from glasshouse.domain.sites.values import WEEKDAYS

        rows: list[dict[str, Json]] = []
        for row in queries.site_rows():
            rooms: list[Json] = [
                {
                    "name": room.name,
                    "seats": room.seats,
                    "uid": room.uid,
                    "workstations": [{"name": one.name, "uid": one.uid} for one in room.workstations.all()],
                }
                for room in row.rooms.all()
            ]
            rows.append(
                {
                    "uid": row.uid,
                    "name": row.name,
                    "country": row.country,
                    "place": row.place,
                    "zone": row.zone,
                    "hours": ", ".join(f"{WEEKDAYS[one.weekday]} {one.text}" for one in queries.hours_of(row)),
                    "retention_days": row.retention_days,
                    "rooms": rooms if as_json else len(rooms),
                }
            )
        tell_table(
            rows,
            ["uid", "name", "country", "place", "zone", "hours", "rooms"],
            empty="No site yet: glasshouse site add.",
            as_json=as_json,
        )


@site.command("room", epilog="Example: glasshouse site room Brussels 'Room 1' --seats 3")
def room(
    where: Annotated[str, typer.Argument(metavar="SITE", help="The house, by name or uid.")],
    name: Annotated[str, typer.Argument(help="What the room is called.")],
    seats: Annotated[int, typer.Option(help="How many visitors it seats.")],
    as_json: AsJson = False,
) -> None:
    """Add a room to a house."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.sites import commands

        made = commands.add_room(actor(), _site(where), name, seats, now=clock.now())
        tell(
            {"name": made.name, "seats": made.seats, "uid": made.uid},
            [f"{made.name} is added: {made.uid}."],
            as_json=as_json,
        )


@site.command("workstation", epilog="Example: glasshouse site workstation Brussels 'Room 1' Left --range 192.0.2.16/28")
def workstation(
    where: Annotated[str, typer.Argument(metavar="SITE", help="The house, by name or uid.")],
    room_name: Annotated[str, typer.Argument(metavar="ROOM", help="The room, by name or uid.")],
    name: Annotated[str, typer.Argument(help="What the machine is called.")],
    ranges: Annotated[list[str], typer.Option("--range", help="Network it asks from, CIDR; may be repeated.")],
    certificate: Annotated[str, typer.Option(help="SHA-256 of its client certificate, if a proxy asks for one.")] = "",
    as_json: AsJson = False,
) -> None:
    """Add a workstation to a room; its custodian then enrols its key, sitting at it."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.sites import commands

        found = _room(_site(where), room_name)
        made = commands.add_workstation(actor(), found, name, ranges, now=clock.now(), certificate=certificate)
        tell(
            {"certificate": made.certificate, "name": made.name, "ranges": made.ranges, "uid": made.uid},
            [f"{made.name} is added: {made.uid}.", "It is trusted once a custodian has enrolled its key, at it."],
            as_json=as_json,
        )


@site.command("text", epilog="Example: glasshouse site text Brussels briefing docs/operating/kiosk.md")
def text(
    where: Annotated[str, typer.Argument(metavar="SITE", help="The house, by name or uid.")],
    kind: Annotated[str, typer.Argument(help="purpose, notice or briefing.")],
    source: Annotated[Path, typer.Argument(help="A file of UTF-8 text.", exists=True, dir_okay=False)],
    as_json: AsJson = False,
) -> None:
    """Add the next version of what a house says to those who come; its digest is recorded."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.sites import commands
        from glasshouse.domain.sites.values import TextKind

        if kind not in TextKind.values:
            raise InvalidError(f"No such text: {kind}.", hint=f"Texts are {', '.join(TextKind.values)}.")
        try:
            content = source.read_text("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidError("The file is not UTF-8.") from error
        made = commands.set_text(actor(), _site(where), TextKind(kind), content, now=clock.now())
        digest = bytes(made.digest).hex()
        tell(
            {"digest": digest, "kind": made.kind, "version": made.version},
            [f"Version {made.version} of the {made.kind} holds now, SHA-256 {digest}."],
            as_json=as_json,
        )


def _site(named: str) -> Uid:
    from glasshouse.domain.sites import queries

    return Uid(queries.site_named(named).uid)


def _room(where: Uid, named: str) -> Uid:
    from glasshouse.domain.sites import queries

    return Uid(queries.room_named(where, named).uid)
