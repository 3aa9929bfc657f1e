# SPDX-License-Identifier: Apache-2.0
"""Writing the many rows of a report: in parts, so that no reader waits for its end, and by plain statements.

Whatever is written here belongs to a report that is not taken yet, and is seen by nobody until it is.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final, TypeVar

from django.db import connection
from django.db.models import QuerySet

from glasshouse.domain.detections import queries
from glasshouse.domain.detections.models import CodePath, Detection, Report, ToolRule
from glasshouse.domain.detections.taking import Stands, Stood, Taking, details_of
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.releases import vault
from glasshouse.engines.formats import sarif
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

PART: Final = 2_000
_ASKED: Final = 500  # values of one question
Tagged = TypeVar("Tagged", ToolRule, CodePath)
Value = bool | int | str | bytes | None
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
    rules = rules_of(product, report.party, taking.run, dict.fromkeys(row.rule for row in taking.rows))
    paths = paths_of(product, dict.fromkeys(one.path for one in taking.noted if one.path))
    blobs = {path: taking.tree.blob(path) for path in paths}
    fresh = iter(_new_detections(report, sum(one.before is None for one in taking.stands)))

    def values(number: int, one: Stands) -> tuple[Value, ...]:
        seen_in, seen_number = details_of(one, report)
        detection = next(fresh) if one.before is None else one.before.row.detection
        head = (report.pk, number, detection, one.state.value, one.known.value, seen_in, seen_number)
        if one.number is None and one.before is not None:
            return head + _as_before(one.before.row)
        row, path = taking.rows[number], taking.noted[number].path
        place = (paths[path], blobs[path]) if path else (None, b"")
        return (*head, rules[row.rule], place[0], row.severity.value, place[1], row.first, row.last, row.is_suppressed)

    _insert(_STANDINGS, _COLUMNS, (values(number, one) for number, one in enumerate(taking.stands)))


def _as_before(row: Stood) -> tuple[Value, ...]:
    return (row.rule, row.path, row.severity, bytes(row.blob), row.first_line, row.last_line, row.is_suppressed)


def _new_detections(report: Report, count: int) -> list[int]:
    """Return the rows of so many new detections, in the order in which they were written."""
    _insert(_DETECTIONS, ("uid", "first_id"), ((Uid.new().text, report.pk) for _ in range(count)))
    return list(Detection.objects.filter(first=report).order_by("pk").values_list("pk", flat=True))


def _insert(table: str, columns: Sequence[str], rows: Iterable[tuple[Value, ...]]) -> None:
    """Insert rows, some thousands in a transaction: an object for each would cost three times as much."""
    waiting, marks = iter(rows), ", ".join(["%s"] * len(columns))
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 -- names of our own
    while part := list(islice(waiting, PART)):
        with journal.transaction(), connection.cursor() as cursor:
            cursor.executemany(statement, part)
