# SPDX-License-Identifier: Apache-2.0
"""Verdicts on what tools found, at a person's terminal: in their own session, for their own side."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from glasshouse.edges.cli import remote
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import answered, tell, tell_table
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

Product = Annotated[str, typer.Argument(help="The product's short name.")]
Version = Annotated[str, typer.Argument(help="The release that you look at.")]
Grant = Annotated[str, typer.Option(help="Your grant for running tools, where you visit.")]


def add_to(findings: typer.Typer) -> None:
    """Add what a person says of detections to what the operator takes in and counts."""
    findings.command(
        "triage",
        epilog="Example: glasshouse findings triage c-ares 1.18.1-3 5etmacqg6kgydcmf9rwrh3zk0p --state confirmed "
        "--reason 'Reachable from parse()'",
    )(triage)
    findings.command("verdicts", epilog="Example: glasshouse findings verdicts c-ares 1.18.1-3")(verdicts)


def triage(
    product: Product,
    version: Version,
    detection: Annotated[list[str], typer.Argument(metavar="DETECTION...", help="Uids of detections, up to 500.")],
    state: Annotated[str, typer.Option(help="open, confirmed, false-positive, wont-fix, fix-claimed or fix-verified.")],
    reason: Annotated[str, typer.Option(help="Why; one reason for all of them.")],
    days: Annotated[int, typer.Option(min=0, help="It expires after so many days; 0 for never.")] = 0,
    justification: Annotated[str, typer.Option(help="Why it is not affected, as OpenVEX names it.")] = "",
    cvss: Annotated[str, typer.Option(help="A vector of CVSS 3.0, 3.1 or 4.0.")] = "",
    severity: Annotated[str, typer.Option(help="critical, high, medium, low or note.")] = "",
    under: Annotated[str, typer.Option(help="On the rule of one detection, at all paths of a pattern.")] = "",
    shared: Annotated[bool, typer.Option("--shared", help="The vendor reads it too.")] = False,
    suppressed: Annotated[bool, typer.Option("--suppressed", help="Take up what the source suppresses.")] = False,
    grant: Grant = "",
    as_json: AsJson = False,
) -> None:
    """Give one verdict on detections, all or none of them; it is never changed, a later one counts instead."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        ends = datetime.now(tz=UTC) + timedelta(days=days) if days else None
        asked = {
            "grant": grant,
            "detections": [Uid.parse(one).text for one in detection],
            "pattern": under,
            "state": state,
            "reason": reason,
            "expires_at": ends.isoformat() if ends else None,
            "justification": justification or None,
            "vector": cvss,
            "severity": severity or None,
            "is_shared": shared,
            "from_suppression": suppressed,
        }
        made = lab.post(f"/detections/{_release(lab, product, version)}/verdicts", asked)
        tell(made, [f"Judged {state}: {len(detection)}.", f"Uid  {made['uid']}"], as_json=as_json)


def verdicts(
    product: Product,
    version: Version,
    detection: Annotated[str, typer.Argument(help="One detection's uid, for all that was said of it.")] = "",
    grant: Grant = "",
    as_json: AsJson = False,
) -> None:
    """Count a release's detections by what your side says of them, or list the verdicts on one."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        place = f"/detections/{_release(lab, product, version)}"
        if not detection:
            told = lab.get(f"{place}/verdicts", grant=grant)
            tell(told, _counted(told), as_json=as_json)
            return
        found = lab.get(f"{place}/{Uid.parse(detection)}/verdicts", grant=grant)
        rows = [{**one, "state": one["state"] + ("" if one["counts"] else ", past")} for one in found["verdicts"]]
        columns = ["given_at", "side", "who", "state", "reason", "expires_at"]
        tell_table(
            found["verdicts"] if as_json else rows, columns, empty="Nobody has judged this yet.", as_json=as_json
        )


def _release(lab: remote.Lab, product: str, version: str) -> str:
    found = lab.get("/releases", product=product, version=version)
    if not found:
        raise NotFoundError(f"There is no release {product} {version} for you.", hint="See `glasshouse grant list`.")
    return str(found[0]["uid"])


def _counted(told: dict[str, Any]) -> list[str]:
    lines = [f"{count:>8,} {state}" for state, count in told["states"].items() if count]
    return [
        *(lines or ["Tools found nothing here."]),
        *([f"{told['ask_again']:>8,} want another look: their lines changed"] if told["ask_again"] else []),
        *([f"{told['suppressed']:>8,} the source suppresses, which nobody took up"] if told["suppressed"] else []),
    ]
