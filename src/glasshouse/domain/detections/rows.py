# SPDX-License-Identifier: Apache-2.0
"""Writing the many rows of a report: in parts, so that no reader waits for its end, and by plain statements.

Whatever is written here belongs to a report that is not taken yet, and is seen by nobody until it is.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeVar

import numpy as np
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet

from glasshouse.domain.detections import queries
from glasshouse.domain.detections.base import NO_ROW, STATES
from glasshouse.domain.detections.models import CodePath, Detection, Report, ToolRule
from glasshouse.domain.detections.noted import SEVERITIES
from glasshouse.domain.detections.taking import Taking
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.releases import vault
from glasshouse.engines.formats import sarif
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

PART: Final = 2_000
_ASKED: Final = 500  # values of one question
Tagged = TypeVar("Tagged", ToolRule, CodePath)
Value = bool | int | str | bytes | None
_STATES: Final = [one.value for one in STATES]
_SEVERITIES: Final = [one.value for one in SEVERITIES]
_DETECTIONS: Final = "detections_detection"
_STANDINGS: Final = "detections_standing"
_COLUMNS: Final = (
    "report_id",
    "number",
    "detection_id",
    "state",
    "known",
    "seen_in_id",
    "seen_number",
    "rule_id",
    "path_id",
    "severity",
    "blob",
    "first_line",
    "last_line",
    "is_suppressed",
)


def rule_tag(product: Uid, tool: str, rule: tuple[str, str]) -> bytes:
    """Return what stands for a rule, meaningless without the product's key."""
    name = json.dumps([tool, *rule]).encode()
    return vault.sealer(product, queries.PURPOSE).tag(b"rule\0" + name)[: vault.OPAQUE_BYTES]


def rules_of(product: Uid, party: str, run: sarif.Run, used: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the row of each rule that results name, made where there was none."""
    declared, key = run.rules(), vault.sealer(product, queries.PURPOSE)
    tags = {name: rule_tag(product, run.tool.name, name) for name in used}

    def made(tag: bytes) -> ToolRule:
        name = named[tag]
        rule = declared.get(name)
        told = {
            "component": name[0],
            "cwes": list(rule.cwes) if rule else [],
            "help_uri": rule.help_uri if rule else "",
            "id": name[1],
            "summary": rule.summary if rule else "",
            "tool": run.tool.name,
        }
        return ToolRule(
            product=product.text, party=party, tag=tag, sealed=key.seal(json.dumps(told).encode(), context=tag)
        )

    named = {tag: name for name, tag in tags.items()}
    ids = _ids(ToolRule.objects.filter(product=product.text, party=party), list(named), made)
    return {name: ids[tag] for name, tag in tags.items()}


def paths_of(product: Uid, paths: Iterable[TreePath]) -> dict[TreePath, int]:
    """Return the row of each path, made where there was none."""
    tags = {path: vault.path_id(product, path.raw) for path in paths}
    ids = _ids(
        CodePath.objects.filter(product=product.text),
        list(tags.values()),
        lambda tag: CodePath(product=product.text, tag=tag),
    )
    return {path: ids[tag] for path, tag in tags.items()}


def _ids(rows: QuerySet[Tagged], tags: Sequence[bytes], made: Callable[[bytes], Tagged]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for start in range(0, len(tags), _ASKED):
        part = tags[start : start + _ASKED]
        for _ in range(2):
            found |= {bytes(tag): pk for tag, pk in rows.filter(tag__in=part).values_list("tag", "pk")}
            missing = [tag for tag in part if tag not in found]
            if not missing:
                break
            with journal.transaction():
                rows.model.objects.bulk_create([made(tag) for tag in missing], ignore_conflicts=True)
    return found


def write_standings(taking: Taking, product: Uid, report: Report) -> None:
    """Write the standings of a report that is saved and not taken yet, and the detections that are new in it."""
    stands, noted, base = taking.stands, taking.noted, taking.base.rows
    fresh = np.flatnonzero(stands.before == NO_ROW)
    detections = np.empty(len(stands.before), np.int64)
    detections[fresh] = _new_detections(report, len(fresh))
    detections[stands.before != NO_ROW] = base["detection"][stands.before[stands.before != NO_ROW]]
    seen = _seen(taking, product, report)

    def values() -> Iterator[tuple[Value, ...]]:
        heads = zip(stands.state.tolist(), stands.known.tolist(), detections.tolist(), strict=True)
        for number, (state, known, detection) in enumerate(heads):
            head = (report.pk, number, detection, _STATES[state], _STATES[known])
            tail = next(seen) if number < len(noted) else _as_before(base[stands.before[number]])
            yield head + tail

    _insert(_STANDINGS, _COLUMNS, values())


def _seen(taking: Taking, product: Uid, report: Report) -> Iterator[tuple[Value, ...]]:
    """Return for each result the columns behind the head."""
    noted, named = taking.noted, taking.noted.named()
    rules = rules_of(product, report.party, taking.run, noted.rules)
    rule_rows = [rules[rule] for rule in noted.rules]
    paths = paths_of(product, [path for path in named if path])
    places = [(paths[path] if path else None, taking.tree.blob(path)) for path in named]
    columns = (noted.rule, noted.path, noted.severity, noted.first, noted.last, noted.is_suppressed)
    return (
        (report.pk, number, rule_rows[rule], places[path][0], _SEVERITIES[rank], places[path][1], first, last, bool(no))
        for number, (rule, path, rank, first, last, no) in enumerate(zip(*columns, strict=True))
    )


def _as_before(row: np.void) -> tuple[Value, ...]:
    """Return the same of a standing that was not seen again."""
    told = dict(zip(row.dtype.names or (), row.item(), strict=True))
    return (
        told["seen_in"],
        told["seen_number"],
        told["rule"],
        None if told["path"] == NO_ROW else told["path"],
        _SEVERITIES[told["severity"]],
        told["blob"] if any(told["blob"]) else b"",
        told["first_line"],
        told["last_line"],
        told["is_suppressed"],
    )


def _new_detections(report: Report, count: int) -> list[int]:
    """Return the rows of so many new detections, in the order in which they were written."""
    _insert(_DETECTIONS, ("uid", "first_id"), ((Uid.new().text, report.pk) for _ in range(count)))
    return list(Detection.objects.filter(first=report).order_by("pk").values_list("pk", flat=True))


def _insert(table: str, columns: Sequence[str], rows: Iterable[tuple[Value, ...]]) -> None:
    """Insert rows, some thousands in a transaction: an object for each would cost three times as much."""
    waiting, names = iter(rows), ", ".join(columns)
    write = _copy if connection.vendor == "postgresql" else _execute
    while part := list(islice(waiting, PART)):
        with journal.transaction(), connection.cursor() as cursor:
            write(cursor, f"{table} ({names})", part)


def _copy(cursor: CursorWrapper, into: str, rows: Sequence[tuple[Value, ...]]) -> None:
    with cursor.copy(f"COPY {into} FROM STDIN") as copying:
        for row in rows:
            copying.write_row(row)


def _execute(cursor: CursorWrapper, into: str, rows: Sequence[tuple[Value, ...]]) -> None:
    marks = ", ".join(["%s"] * len(rows[0]))
    cursor.executemany(f"INSERT INTO {into} VALUES ({marks})", rows)  # noqa: S608 -- names of our own
