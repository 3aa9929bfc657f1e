# SPDX-License-Identifier: Apache-2.0
"""Proposals at a person's terminal: grants and erasures are proposed by one and agreed by two others."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from glasshouse.edges.cli import remote
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import Json, answered, tell, tell_table
from glasshouse.edges.cli.reading import Product
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

grant = typer.Typer(no_args_is_help=True, help="Grants: who may look at what, until when, how much of it.")
proposal = typer.Typer(no_args_is_help=True, help="What waits for decisions, and your word on it.")
journal = typer.Typer(no_args_is_help=True, help="The journal, as far as people may ask something of it.")
_WINDOWS = ("hour", "day", "visit", "total")
ProposalUid = Annotated[str, typer.Argument(help="The proposal's uid.")]
GrantUid = Annotated[str, typer.Argument(help="The grant's uid.")]
Digest = Annotated[str, typer.Option(help="The statement's digest as `proposal show` prints it.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with your word.")]


def add_to(app: typer.Typer) -> None:
    """Add the groups."""
    app.add_typer(grant, name="grant")
    app.add_typer(proposal, name="proposal")
    app.add_typer(journal, name="journal")


@grant.command(
    "propose",
    epilog="Example: glasshouse grant propose ada@tester.example c-ares --engagement 26-001 --version 1.18.1-3 "
    "--path 'src/**' --days 14",
)
def propose(
    holder: Annotated[str, typer.Argument(help="The reviewer's address.")],
    product: Product,
    engagement: Annotated[str, typer.Option(help="The open engagement that it stands in, by label or uid.")],
    version: Annotated[list[str], typer.Option(help="A release; give it once for each.")],
    path: Annotated[list[str], typer.Option(help="A path pattern such as src/**; give it once for each.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it lasts.")] = 14,
    begins: Annotated[str, typer.Option(help="When it begins, such as 2026-11-23T08:00Z; now when left out.")] = "",
    hour: Annotated[int | None, typer.Option(help="Lines an hour.")] = None,
    day: Annotated[int | None, typer.Option(help="Lines a day.")] = None,
    visit: Annotated[int | None, typer.Option(help="Lines a visit.")] = None,
    total: Annotated[int | None, typer.Option(help="Lines in all.")] = None,
    purpose: Annotated[
        list[str] | None, typer.Option("--for", help="read, search, tools or documents; once for each.")
    ] = None,
    site: Annotated[list[str] | None, typer.Option(help="The uid of a site that it is bound to.")] = None,
    at_workstation: Annotated[bool, typer.Option(help="Only at a workstation of the lab.")] = False,
    accompanied: Annotated[bool, typer.Option(help="Only with a second person present.")] = False,
    as_json: AsJson = False,
) -> None:
    """Propose a grant. Two others open it, one of them naming the export decision."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        start = _moment(begins)
        limits = dict(zip(_WINDOWS, (hour, day, visit, total), strict=True))
        made = lab.post(
            "/proposals/grants",
            {
                "engagement": engagement,
                "holder": holder,
                "product": product,
                "versions": version,
                "patterns": path,
                "begins": start.isoformat(),
                "ends": (start + timedelta(days=days)).isoformat(),
                "limits": {name: value for name, value in limits.items() if value is not None},
                "purposes": purpose or ["read", "search"],
                "sites": site or [],
                "at_workstation": at_workstation,
                "accompanied": accompanied,
            },
        )
        tell(made, _described(made), as_json=as_json)


def _moment(text: str) -> datetime:
    if not text:
        return datetime.now(tz=UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidError(f"Not a time: {text!r}", hint="Write 2026-11-23T08:00Z.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@grant.command("list", epilog="Example: glasshouse grant list")
def grants(as_json: AsJson = False) -> None:
    """List the grants that you hold, ended ones too."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        rows: list[dict[str, Any]] = lab.get("/grants")
        told: list[Mapping[str, Json]] = [
            {
                **row,
                "releases": row["releases"] if as_json else ", ".join(one["version"] for one in row["releases"]),
                "left_today": row["balance"]["day"]["limit"] - row["balance"]["day"]["used"],
            }
            for row in rows
        ]
        columns = ["uid", "product", "releases", "standing", "ends", "left_today"]
        tell_table(told, columns, empty="You hold no grant.", as_json=as_json)


@grant.command("more", epilog="Example: glasshouse grant more 5etmacqg6kgydcmf9rwrh3zk0p --window day")
def more(
    uid: GrantUid,
    window: Annotated[str, typer.Option(help="hour, day, visit or total.")] = "hour",
    as_json: AsJson = False,
) -> None:
    """Ask for twice the lines in one window of time of your grant. Two people of the lab decide."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        asked = lab.post(f"/grants/{Uid.parse(uid).text}/more", {"window": window})
        tell(asked, [f"Asked. Two people decide; the proposal is {asked['proposal']}."], as_json=as_json)


@grant.command("resume", epilog="Example: glasshouse grant resume 5etmacqg6kgydcmf9rwrh3zk0p")
def resume(uid: GrantUid, as_json: AsJson = False) -> None:
    """Let a grant go on that waits for a custodian; talk to its holder first."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        tell(lab.post(f"/grants/{Uid.parse(uid).text}/resume", {}), ["The grant goes on."], as_json=as_json)


@grant.command("revoke", epilog="Example: glasshouse grant revoke 5etmacqg6kgydcmf9rwrh3zk0p")
def revoke(uid: GrantUid, as_json: AsJson = False) -> None:
    """End a grant at once. Open pages close within seconds; it cannot be undone."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        tell(lab.post(f"/grants/{Uid.parse(uid).text}/revoke", {}), ["The grant is revoked."], as_json=as_json)


@proposal.command("list", epilog="Example: glasshouse proposal list")
def proposals(
    every: Annotated[bool, typer.Option("--all", help="Also those that are decided.")] = False, as_json: AsJson = False
) -> None:
    """List what waits for decisions."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        tell_table(
            lab.every("/proposals", state=None if every else "open"),
            ["uid", "title", "beneficiary", "state", "proposed_by", "proposed_at", "may_decide"],
            empty="Nothing waits for a decision.",
            as_json=as_json,
        )


@proposal.command("show", epilog="Example: glasshouse proposal show 5etmacqg6kgydcmf9rwrh3zk0p")
def show(uid: ProposalUid, as_json: AsJson = False) -> None:
    """Show the statement that is decided on, its digest, and each one's word."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        found = lab.get(f"/proposals/{Uid.parse(uid).text}")
        tell(found, _described(found), as_json=as_json)


@proposal.command(
    "agree",
    epilog="Example: glasshouse proposal agree 5etmacqg6kgydcmf9rwrh3zk0p --digest 9f86d081… "
    "--export-decision EC-2026-0117",
)
def agree(
    uid: ProposalUid,
    digest: Digest = "",
    export_decision: Annotated[str, typer.Option(help="The export decision that your word names.")] = "",
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Agree to exactly one statement. Without --digest it is shown, and you are asked."""
    _speak(uid, "agree", digest, {"basis": export_decision, "reason": reason}, as_json=as_json)


@proposal.command("refuse", epilog="Example: glasshouse proposal refuse 5etmacqg6kgydcmf9rwrh3zk0p --reason 'too wide'")
def refuse(uid: ProposalUid, digest: Digest = "", reason: Reason = "", as_json: AsJson = False) -> None:
    """Refuse a proposal; one refusal ends it. Without --digest it is shown, and you are asked."""
    _speak(uid, "refuse", digest, {"reason": reason}, as_json=as_json)


def _speak(uid: str, verdict: str, digest: str, told: Mapping[str, str], *, as_json: bool) -> None:
    with answered(as_json=as_json), remote.signed_in() as lab:
        place = f"/proposals/{Uid.parse(uid).text}"
        if not digest:
            digest = _asked(lab.get(place), verdict, as_json=as_json)
        decided = lab.post(f"{place}/words", {"verdict": verdict, "digest": digest, **told})
        tell(decided, _described(decided), as_json=as_json)


def _asked(found: Mapping[str, Any], verdict: str, *, as_json: bool) -> str:
    if as_json:
        raise InvalidError("A word names the statement's digest.", hint="Give --digest, as `proposal show` prints it.")
    tell(None, _described(found), as_json=False)
    if not typer.confirm(f"{verdict.capitalize()} to this?" if verdict == "agree" else "Refuse this?"):
        raise InvalidError("Nothing was said.")
    return str(found["digest"])


def _described(found: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{found['title']}: {found['state']}, proposed by {found['proposed_by']}, {found['proposed_at'][:16]}",
        *([f"For        {found['beneficiary']}"] if found["beneficiary"] else []),
        *([f"Releases   {found['product']} {', '.join(found['versions'])}"] if found["versions"] else []),
        *([f"Paths      {', '.join(found['patterns'])}"] if found["patterns"] else []),
        *(f"{name:<10} {_flat(value)}" for name, value in sorted(found["statement"].items())),
        f"Uid        {found['uid']}",
        f"Digest     {found['digest']}",
    ]
    words = [
        f"{word['person']}: {word['verdict']}" + (f", {word['basis']}" if word["basis"] else "")
        for word in found["words"]
    ]
    return [*lines, *(words or [f"Nobody has spoken yet; {found['agreements']} agreements are needed."])]


def _flat(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


@journal.command(
    "erase", epilog="Example: glasshouse journal erase ada@tester.example --reason 'asked under article 17'"
)
def erase(
    person: Annotated[str, typer.Argument(help="Their address or uid.")],
    reason: Annotated[str, typer.Option(help="Why; name nobody, it stays.")],
    as_json: AsJson = False,
) -> None:
    """Propose to erase a person's data. Two others agree; the ledger still verifies, and says that it was erased."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        made = lab.post("/proposals/erasures", {"person": person, "reason": reason})
        tell(made, _described(made), as_json=as_json)
