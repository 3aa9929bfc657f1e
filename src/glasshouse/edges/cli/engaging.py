# SPDX-License-Identifier: Apache-2.0
"""Requests, engagements and terms at a person's terminal. Terms are signed in the browser: there a passkey answers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from glasshouse.edges.cli import remote
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import answered, tell, tell_table
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

request = typer.Typer(no_args_is_help=True, help="Requests: what an organisation asks the lab for, and its answer.")
engagement = typer.Typer(no_args_is_help=True, help="Engagements: their scope, people, terms and story.")
terms = typer.Typer(no_args_is_help=True, help="The lab's terms, in versions.")
RequestUid = Annotated[str, typer.Argument(metavar="REQUEST", help="The request's uid.")]
Named = Annotated[str, typer.Argument(metavar="ENGAGEMENT", help="The engagement's label or uid, such as 26-001.")]
Reason = Annotated[str, typer.Option(help="Why; both parties keep it.")]


def add_to(app: typer.Typer) -> None:
    """Add the groups."""
    app.add_typer(request, name="request")
    app.add_typer(engagement, name="engagement")
    app.add_typer(terms, name="terms")


@request.command(
    "ask",
    epilog="Example: glasshouse request ask 'c-ares resolver' --version 1.18.1-3 --purpose 'To see what parses what' "
    "--person ada@tester.example --days 30",
)
def ask(
    named: Annotated[str, typer.Argument(help="Product or service, as you know it.")],
    purpose: Annotated[str, typer.Option(help="What you want to know, and for whom.")],
    person: Annotated[list[str], typer.Option(help="A reviewer of yours by address; once for each.")],
    version: Annotated[str, typer.Option(help="The exact release; a service has none.")] = "",
    category: Annotated[str, typer.Option(help="product, service or tests.")] = "product",
    depth: Annotated[str, typer.Option(help="overview, targeted, full or test-only.")] = "targeted",
    tests: Annotated[str, typer.Option(help="The tests that you order.")] = "",
    tools: Annotated[str, typer.Option(help="Your own tools.")] = "",
    interests: Annotated[str, typer.Option(help="What could make you partial.")] = "",
    site: Annotated[list[str] | None, typer.Option(help="A site that suits you, by uid; once for each.")] = None,
    begins: Annotated[str, typer.Option(help="When, such as 2026-11-23T08:00Z; now when left out.")] = "",
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Ask for a review of a product or a service, or order tests. Nothing tells you what the lab has for others."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        start = _moment(begins) if begins else datetime.now(tz=UTC)
        asked = {
            "category": category,
            "depth": depth,
            "named": named,
            "version": version,
            "purpose": purpose,
            "tests": tests,
            "tools": tools,
            "interests": interests,
            "people": person,
            "sites": site or [],
            "begins": start.isoformat(),
            "ends": (start + timedelta(days=days)).isoformat(),
        }
        made = lab.post("/requests", asked)
        tell(made, _request(made), as_json=as_json)


@request.command("list", epilog="Example: glasshouse request list --json")
def list_(as_json: AsJson = False) -> None:
    """List your requests, or all for those who arrange, newest first."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        columns = ["uid", "asked_at", "organisation", "category", "depth", "state"]
        empty = "No request yet. A customer asks with `glasshouse request ask`."
        tell_table(lab.get("/requests"), columns, empty=empty, as_json=as_json)


@request.command("show", epilog="Example: glasshouse request show 5etmacqg6kgydcmf9rwrh3zk0p")
def show(uid: RequestUid, as_json: AsJson = False) -> None:
    """Show a request with its words, its answer and its story."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        found = lab.get(_place(uid))
        tell(found, _request(found), as_json=as_json)


@request.command("vet", epilog="Example: glasshouse request vet 5etmacqg6kgydcmf9rwrh3zk0p c-ares --version 1.18.1-3")
def vet(
    uid: RequestUid,
    product: Annotated[str, typer.Argument(help="The product that is meant; none for a service.")] = "",
    version: Annotated[list[str] | None, typer.Option(help="A release; once for each.")] = None,
    service: Annotated[str, typer.Option(help="The name of the service here.")] = "",
    note: Annotated[str, typer.Option(help="Both parties read it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say what a request means here, and that nothing speaks against it."""
    found = {"product": product, "versions": version or [], "service": service, "note": note}
    _step(uid, "vetting", found, as_json=as_json)


@request.command(
    "export",
    epilog="Example: glasshouse request export 5etmacqg6kgydcmf9rwrh3zk0p EC-2026-0117 --product-class 5D002 "
    "--person ada@tester.example --country BE --until 2026-12-31T18:00Z",
)
def export(
    uid: RequestUid,
    number: Annotated[str, typer.Argument(help="The decision's number.")],
    product_class: Annotated[str, typer.Option(help="As your control list has it.")],
    person: Annotated[list[str], typer.Option(help="Whom it covers, by address; once for each.")],
    until: Annotated[str, typer.Option(help="When it ends, such as 2026-12-31T18:00Z.")],
    site: Annotated[list[str] | None, typer.Option(help="A site by uid; once for each.")] = None,
    country: Annotated[list[str] | None, typer.Option(help="For reading outside a site; once for each.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take the export decision: on product class, persons and places of reading."""
    with answered(as_json=as_json):
        ends = _moment(until).isoformat()
    decision = {
        "number": number,
        "product_class": product_class,
        "people": person,
        "sites": site or [],
        "countries": country or [],
        "until": ends,
    }
    _step(uid, "export-decision", decision, as_json=as_json)


@request.command(
    "withdraw-export",
    epilog="Example: glasshouse request withdraw-export 5etmacqg6kgydcmf9rwrh3zk0p --reason 'the class was wrong'",
)
def withdraw_export(uid: RequestUid, reason: Reason, as_json: AsJson = False) -> None:
    """End the export decision; every grant that rests on it is revoked in the same moment."""
    _step(uid, "export-withdrawal", {"reason": reason}, as_json=as_json)


@request.command(
    "refuse",
    epilog="Example: glasshouse request refuse 5etmacqg6kgydcmf9rwrh3zk0p --ground capacity --reason 'full until May'",
)
def refuse(
    uid: RequestUid,
    ground: Annotated[str, typer.Option(help="not-offered, interest, purpose, export, capacity, incomplete or legal.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Refuse a request. Grounds are counted; none tells whether a product exists here."""
    _step(uid, "refusal", {"ground": ground, "reason": reason}, as_json=as_json)


@request.command("withdraw", epilog="Example: glasshouse request withdraw 5etmacqg6kgydcmf9rwrh3zk0p")
def withdraw(uid: RequestUid, as_json: AsJson = False) -> None:
    """Take your request back before it is opened."""
    _step(uid, "withdrawal", {}, as_json=as_json)


@request.command("open", epilog="Example: glasshouse request open 5etmacqg6kgydcmf9rwrh3zk0p")
def open_(uid: RequestUid, as_json: AsJson = False) -> None:
    """Put the opening up for decision; two others agree with `glasshouse proposal agree`."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        made = lab.post(f"{_place(uid)}/opening")
        tell(made, [_put(made)], as_json=as_json)


@engagement.command("list", epilog="Example: glasshouse engagement list --json")
def list_engagements(as_json: AsJson = False) -> None:
    """List your engagements, or all for those who arrange, newest first."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        columns = ["label", "organisation", "depth", "opened_at", "ends", "closed_at"]
        empty = "No engagement yet. One is opened when two people agree to a request."
        tell_table(lab.get("/engagements"), columns, empty=empty, as_json=as_json)


@engagement.command("show", epilog="Example: glasshouse engagement show 26-001")
def show_engagement(named: Named, as_json: AsJson = False) -> None:
    """Show an engagement: scope, people and who has signed, its story."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        found = lab.get(f"/engagements/{_name(named)}")
        tell(found, _engagement(found), as_json=as_json)


@engagement.command("amend", epilog="Example: glasshouse engagement amend 26-001 --version 1.19.0-1")
def amend(
    named: Named,
    version: Annotated[list[str] | None, typer.Option(help="A release to add; once for each.")] = None,
    person: Annotated[list[str] | None, typer.Option(help="A reviewer to add, by address; once for each.")] = None,
    ends: Annotated[str, typer.Option(help="When it ends then, such as 2027-03-31T18:00Z.")] = "",
    as_json: AsJson = False,
) -> None:
    """Put a wider scope up for decision; everybody signs anew once two have agreed."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        change: dict[str, object] = {"versions": version or [], "people": person or []}
        if ends:
            change |= {"ends": _moment(ends).isoformat()}
        made = lab.post(f"/engagements/{_name(named)}/amendment", change)
        tell(made, [_put(made)], as_json=as_json)


@engagement.command("renew", epilog="Example: glasshouse engagement renew 26-001")
def renew(named: Named, as_json: AsJson = False) -> None:
    """Pin the newest terms; everybody signs anew before they are shown more."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        found = lab.post(f"/engagements/{_name(named)}/renewal")
        tell(found, _engagement(found), as_json=as_json)


@engagement.command("close", epilog="Example: glasshouse engagement close 26-001 --ending completed")
def close(
    named: Named,
    ending: Annotated[str, typer.Option(help="completed, ended-by-visitor or ended-by-lab.")],
    reason: Annotated[str, typer.Option(help="Why, unless it is completed.")] = "",
    as_json: AsJson = False,
) -> None:
    """Close an engagement and revoke its grants; what was shown stays provable."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        found = lab.post(f"/engagements/{_name(named)}/closing", {"ending": ending, "reason": reason})
        tell(found, _engagement(found), as_json=as_json)


@engagement.command("counts", epilog="Example: glasshouse engagement counts --json")
def counts(as_json: AsJson = False) -> None:
    """Count requests by quarter, category, country and outcome, for those who arrange."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        found = lab.get("/request-counts")
        lines = [
            f"{one['period']}: {one['received']} received, {one['settled']} answered"
            + "".join(
                f"; {title} " + ", ".join(f"{name or 'unknown'} {number}" for name, number in one[key].items())
                for key, title in (("countries", "from"), ("outcomes", "outcome"), ("grounds", "refused for"))
                if one[key]
            )
            for one in found
        ]
        tell(found, lines or ["Nothing to count yet."], as_json=as_json)


@terms.command("list", epilog="Example: glasshouse terms list")
def list_terms(as_json: AsJson = False) -> None:
    """List the lab's terms in every version."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        columns = ["kind", "version", "published_at", "digest"]
        empty = "No terms yet. The lab manager publishes them with `glasshouse terms publish`."
        tell_table(lab.get("/terms"), columns, empty=empty, as_json=as_json)


@terms.command("publish", epilog="Example: glasshouse terms publish nda nda.txt")
def publish(
    kind: Annotated[str, typer.Argument(help="rules or nda.")],
    file: Annotated[Path, typer.Argument(help="The text, UTF-8.")],
    as_json: AsJson = False,
) -> None:
    """Publish the next version of a text; open engagements keep theirs until they are renewed."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        try:
            text = file.read_text("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidError(f"{file} is no UTF-8 text.") from error
        made = lab.post("/terms", {"kind": kind, "text": text})
        tell(made, [f"{made['kind']} version {made['version']}, sha256 {made['digest']}"], as_json=as_json)


def _step(uid: str, step: str, told: dict[str, Any], *, as_json: bool) -> None:
    with answered(as_json=as_json), remote.signed_in() as lab:
        found = lab.post(f"{_place(uid)}/{step}", told)
        tell(found, _request(found), as_json=as_json)


def _place(uid: str) -> str:
    return f"/requests/{Uid.parse(uid).text}"


def _name(text: str) -> str:
    if not text.replace("-", "").isalnum():
        raise InvalidError(f"Not an engagement: {text[:40]!r}.", hint="List them with `glasshouse engagement list`.")
    return text


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidError(f"Not a time: {text!r}", hint="Write 2026-11-23T08:00Z.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _put(made: dict[str, Any]) -> str:
    return f"Two others decide now: glasshouse proposal show {made['proposal']}"


def _request(found: dict[str, Any]) -> list[str]:
    words = found["words"]
    lines = [
        f"{found['organisation']}: {found['category']}, {found['depth']}, {found['state']}"
        + (f" ({found['ground']})" if found["ground"] else ""),
        *(
            [f"Asked for  {words['named']} {words['version']}".rstrip(), f"Purpose    {words['purpose']}"]
            if words
            else []
        ),
        f"Time       {found['begins'][:16]} to {found['ends'][:16]}",
        f"People     {', '.join(found['people'])}",
        *([f"Means      {found['product'] or found['service']} {', '.join(found['versions'])}".rstrip()]),
        *(
            f"Export     {one['number']}, {one['product_class']}, until {one['until'][:16]}"
            for one in found["exports"][:1]
        ),
        f"Uid        {found['uid']}",
    ]
    return [line for line in lines if line.strip() != "Means"] + _story(found)


def _engagement(found: dict[str, Any]) -> list[str]:
    state = "open" if found["is_open"] else found["ending"] or "its time is over"
    about = f"{found['product'] or found['service']} {', '.join(found['versions'])}".rstrip()
    return [
        f"{found['label']}: {found['organisation']}, {about}, {found['depth']}, {state}",
        *(
            f"{one['name']}: " + (f"signed {one['signed_at'][:16]}" if one["signed_at"] else "not signed")
            for one in found["people"]
        ),
        f"Agreement  {found['agreement'] or '-'}",
        f"Export     {found['export'] or 'no decision stands'}",
        f"Uid        {found['uid']}",
        *([f"Sign with your passkey: {found['sign_at']}"] if found["sign_at"] else []),
        *_story(found),
    ]


def _story(found: dict[str, Any]) -> list[str]:
    return [
        f"{one['at'][:16]} {one['kind']}"
        + (f" by {one['who']}" if one["who"] else "")
        + (f": {one['text']}" if one["text"] else "")
        for one in found["timeline"]
    ]
