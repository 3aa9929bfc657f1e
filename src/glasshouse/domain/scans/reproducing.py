# SPDX-License-Identifier: Apache-2.0
"""Doing a run again from its record alone, and saying whether the same came of it."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.releases import vault
from glasshouse.domain.scans import record, working
from glasshouse.domain.scans.errors import NotReproducibleError, RunUnknownError
from glasshouse.domain.scans.models import ScanRun
from glasshouse.domain.scans.record import Came, Head, Record
from glasshouse.domain.scans.tools import installing, registry
from glasshouse.domain.scans.tools.errors import ToolUnknownError
from glasshouse.domain.scans.tools.values import Installed, State
from glasshouse.domain.scans.working import Ways
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

Progress = Callable[[int, int], None]
"""Called with the files that are done, and how many there are."""
_OTHER: Final = "{} was {} then and is {} now"


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What a run came to when it was done again.

    `same` results are in both, `gone` only in the record, `come` only now, the latter two by rule. `outcomes` counts
    the files with another outcome, by the one then and the one now. `circumstances` are what was other, in words.
    """

    run: Uid
    tool: str
    files: int
    same: int
    gone: Mapping[str, int]
    come: Mapping[str, int]
    outcomes: Mapping[tuple[str, str], int]
    circumstances: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        """Say whether every result and every outcome was the same."""
        return not (self.gone or self.come or self.outcomes)


def reproduce(
    actor: str,
    run: Uid,
    ways: Ways,
    *,
    now: datetime,
    anyway: bool = False,
    progress: Progress = lambda _done, _of: None,
) -> Reproduction:
    """Do a run again from its record and the release, without anything that is known of files, and compare.

    Raises RunUnknownError, NotRecordedError, RecordDamagedError, and NotReproducibleError before anything is started:
    where the tool is missing, and unless `anyway` where it, or what reads it, is another than then.
    """
    row = ScanRun.objects.filter(uid=run.text).first()
    if row is None:
        raise RunUnknownError(f"There is no run {run.text}.", hint="`glasshouse scan` tells the uid of each run.")
    written = record.read(row)
    if written.inputs.rules:
        raise NotReproducibleError(
            "This run was made with rules that a visitor brought, which nobody else opens.",
            hint="Its visitor has the scan run again, with the same rules.",
        )
    installed = _installed(written.inputs.head, ways)
    circumstances = differences(written.inputs.head, Head.here(written.inputs.head, installed))
    if circumstances and not anyway:
        raise NotReproducibleError(
            f"This is not what the run was made with: {'; '.join(circumstances)}.",
            hint="Install what was used then, or compare anyway with --anyway.",
        )
    now_came = _again(row, written, installed, ways, progress)
    found = compared(run, written, now_came, circumstances)
    with journal.transaction():
        journal.record("scans.reproduced", actor=actor, at=now, subject=run, fields=_fields(row, found))
    return found


def differences(then: Head, here: Head) -> tuple[str, ...]:
    """Say in words what is other than it was, the tool first."""
    pairs = [
        (then.tool, f"version {then.version}", f"version {here.version}"),
        (f"the digest of {then.tool}", then.digest[:16], here.digest[:16]),
        ("our reading of tools", then.adapters[:16], here.adapters[:16]),
        ("its command", " ".join(then.argv), " ".join(here.argv)),
        ("its environment", _listed(then.environment), _listed(here.environment)),
        ("its limits", _listed(then.limits), _listed(here.limits)),
    ]
    names = sorted({*then.packages, *here.packages})
    pairs += [(f"package {name}", then.packages.get(name, ""), here.packages.get(name, "")) for name in names]
    return tuple(_OTHER.format(name, was or "none", is_now or "none") for name, was, is_now in pairs if was != is_now)


def compared(
    run: Uid, written: Record, now_came: Mapping[TreePath, Came], circumstances: tuple[str, ...]
) -> Reproduction:
    """Hold what came of files now against what came of them then."""
    then: Counter[tuple[TreePath, str, str]] = Counter()
    again: Counter[tuple[TreePath, str, str]] = Counter()
    outcomes: Counter[tuple[str, str]] = Counter()
    for one in written.came:
        path = one.outcome.path
        other = now_came[path]
        then.update((path, *each) for each in one.results)
        again.update((path, *each) for each in other.results)
        if one.outcome != other.outcome:
            outcomes[one.outcome.coverage.value, other.outcome.coverage.value] += 1
    return Reproduction(
        run,
        written.inputs.head.tool,
        len(written.came),
        (then & again).total(),
        _by_rule(then - again),
        _by_rule(again - then),
        dict(outcomes),
        circumstances,
    )


def _listed(told: Mapping[str, str] | Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(told.items()))


def _by_rule(found: Counter[tuple[TreePath, str, str]]) -> dict[str, int]:
    rules: Counter[str] = Counter()
    for (_, rule, _), count in found.items():
        rules[rule] += count
    return dict(sorted(rules.items()))


def _installed(head: Head, ways: Ways) -> Installed:
    try:
        tool = registry.tool(head.tool)
    except ToolUnknownError as error:
        raise NotReproducibleError(f"{head.tool} is no tool of this release of Glasshouse.") from error
    installed = installing.find(tool, ways.tools)
    if installed.state is not State.READY:
        raise NotReproducibleError(f"{tool.name} is {installed.state} on this machine.", hint=installed.hint)
    return installed


def _again(row: ScanRun, written: Record, installed: Installed, ways: Ways, progress: Progress) -> dict[TreePath, Came]:
    """Return what comes of every file of the record now."""
    inputs, product = written.inputs, Uid(row.product)
    looked_at = {one.outcome.path for one in written.came}  # of a scan that was stopped, these are not all
    wanted = [one for one in inputs.wanted if one.file[0] in looked_at]
    store = vault.product_store(product)
    came: dict[TreePath, Came] = {}
    progress(0, len(wanted))
    answers = working.answers(ways, installed, wanted, lambda digest: store.document(digest.raw), rules=inputs.rules)
    for answer in answers:
        came |= {one.outcome.path: Came.of(one, row.tool) for one in answer.said}
        progress(len(came), len(wanted))
    return came


def _fields(row: ScanRun, found: Reproduction) -> dict[str, str | int | bool | dict[str, str]]:
    return {
        "come": sum(found.come.values()),
        "files": found.files,
        "gone": sum(found.gone.values()),
        "is_equal": found.is_equal,
        "other_circumstances": len(found.circumstances),
        "other_outcomes": sum(found.outcomes.values()),
        "outcomes": bytes(row.outcomes).hex(),
        "record": bytes(row.record).hex(),
        "same": found.same,
    }
