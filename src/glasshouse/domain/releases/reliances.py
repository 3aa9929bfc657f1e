# SPDX-License-Identifier: Apache-2.0
"""What conclusions rest on, and what the next release leaves of them.

A room that concludes something writes, in its own transaction, which file, lines or release it rests on. When a
release comes, each reliance on an older one is judged against it once, by digest and by line: what is unchanged
stands, what moved stands elsewhere, and what changed lapses with its reason. What was not judged yet is neither.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.releases import queries, vault
from glasshouse.domain.releases.differences import is_comparable
from glasshouse.domain.releases.matching import matches
from glasshouse.domain.releases.models import Judgement, Outcome, Reason, Release, Reliance
from glasshouse.domain.releases.values import Change, ReleaseRef, sides_of
from glasshouse.engines.store import Entry, Moved, ProductStore, Sealer
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath

RELIANCE: Final = "releases.reliance"
"""The kind of the jobs that judge; their argument names a product."""
Progress = Callable[[int, int], None]
Lapsed = Callable[[Uid, Sequence[Uid], datetime], None]
"""Hears which conclusions a release lapsed, inside the transaction that writes it: the release, what lapsed, when."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A file by path and digest, some lines of it, or (without a path) a whole release by its root."""

    digest: Digest
    path: TreePath | None = field(default=None, repr=False)
    span: Span | None = None

    def to_bytes(self) -> bytes:
        """Write the ground for sealing."""
        lines = str(self.span) if self.span else ""
        return json.dumps({"digest": str(self.digest), "lines": lines, "path": str(self.path or "")}).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        told = json.loads(content)
        path = TreePath.parse(told["path"]) if told["path"] else None
        return cls(Digest.parse(told["digest"]), path, Span.parse(told["lines"]) if told["lines"] else None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a release leaves of a ground: where it is now, and if it lapsed why, and how many of its lines differ."""

    outcome: Outcome
    now: Ground | None = None
    reason: Reason = Reason.NONE
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """A reliance seen from one release: `verdict` is None where that release was not judged yet."""

    subject: Uid
    release: Uid
    ground: Ground
    verdict: Verdict | None


def rely(found: ReleaseRef, kind: str, subject: Uid, grounds: Sequence[Ground], *, actor: str, now: datetime) -> None:
    """Write what a conclusion rests on, inside the transaction that concludes; newer releases are judged at once."""
    rely_all(found, kind, {subject: grounds}, actor=actor, now=now)


def rely_all(
    found: ReleaseRef, kind: str, grounds_of: Mapping[Uid, Sequence[Ground]], *, actor: str, now: datetime
) -> None:
    """Write what each of some conclusions rests on, as `rely` does for one."""
    release = Release.objects.get(uid=found.uid.text)
    sealer = _sealer(found.product)
    rows = [
        Reliance(
            uid=(uid := Uid.new().text),
            release=release,
            kind=kind,
            subject=subject.text,
            path=vault.path_id(found.product, ground.path.raw) if ground.path else b"",
            place=sealer.seal(ground.to_bytes(), context=uid.encode()),
            written_at=now,
        )
        for subject, grounds in grounds_of.items()
        for ground in grounds
    ]
    Reliance.objects.bulk_create(rows)
    if Release.objects.filter(product=release.product, pk__gt=release.pk).exists():
        ask(found.product, actor=actor, now=now)


def end(kind: str, subject: Uid, *, now: datetime) -> None:
    """Let a conclusion that was withdrawn rest on nothing, inside the transaction that withdraws it."""
    Reliance.objects.filter(kind=kind, subject=subject.text, ended_at=None).update(ended_at=now)


def ask(product: Uid, *, actor: str, now: datetime) -> None:
    """Have what was not judged yet judged, inside the caller's transaction."""
    jobs.ask(RELIANCE, {"product": product.text}, actor=actor, now=now)


def judge(
    product: Uid,
    *,
    now: Callable[[], datetime],
    report: Progress = lambda _d, _o: None,
    lapsed: Lapsed = lambda _release, _subjects, _now: None,
) -> dict[Outcome, int]:
    """Judge every reliance on each release that came after its own and was not judged; return how many of each.

    Two releases are compared once, whatever rests on the older one: folders that are alike are not opened.
    """
    counts = dict.fromkeys(Outcome, 0)
    rows = Release.objects.select_related("product").filter(product__uid=product.text, product__destroyed_at=None)
    every = list(rows.order_by("pk"))
    for place, after in enumerate(every):
        report(place, len(every))
        for before in every[:place]:
            waiting = list(before.reliances.filter(ended_at=None).exclude(judgements__release=after))
            if waiting:
                for outcome, count in _judge_pair(before, after, waiting, now(), lapsed).items():
                    counts[outcome] += count
    return counts


def standings(kind: str, subjects: Sequence[Uid], release: Uid) -> list[Standing]:
    """Return what these conclusions rest on, seen from a release that is theirs or newer; the caller has judged whose.

    What rests on a newer release than this one is left out.
    """
    seen_from = Release.objects.get(uid=release.text)
    rows = Reliance.objects.filter(
        kind=kind,
        subject__in=[one.text for one in subjects],
        ended_at=None,
        release__product_id=seen_from.product_id,
        release__pk__lte=seen_from.pk,
    ).select_related("release__product")
    sealer = _sealer(Uid(seen_from.product.uid))
    judged = {one.reliance_id: one for one in Judgement.objects.filter(release=seen_from, reliance__in=rows)}
    found = []
    for row in rows.order_by("pk"):
        ground = Ground.from_bytes(sealer.open(bytes(row.place), context=row.uid.encode()))
        one = judged.get(row.pk)
        verdict: Verdict | None = None
        if row.release_id == seen_from.pk:
            verdict = Verdict(Outcome.STANDS, ground)
        elif one is not None:
            place = sealer.open(bytes(one.place), context=_place_of(row, seen_from)) if one.place else b""
            verdict = Verdict(
                Outcome(one.outcome), Ground.from_bytes(place) if place else None, Reason(one.reason), one.lines
            )
        found.append(Standing(Uid(row.subject), Uid(row.release.uid), ground, verdict))
    return found


def lapsed_in(release: Uid, kind: str) -> frozenset[Uid]:
    """Return the conclusions of a kind that a release lapsed, as far as it was judged."""
    rows = Judgement.objects.filter(release__uid=release.text, outcome=Outcome.LAPSED, reliance__ended_at=None)
    return frozenset(Uid(uid) for uid in rows.filter(reliance__kind=kind).values_list("reliance__subject", flat=True))


def lapsed_by(release: Uid, kind: str, subjects: Sequence[Uid]) -> bool:
    """Say whether a release lapsed one of these conclusions, as far as it was judged."""
    rows = Judgement.objects.filter(release__uid=release.text, outcome=Outcome.LAPSED, reliance__ended_at=None)
    return rows.filter(reliance__kind=kind, reliance__subject__in=[one.text for one in subjects]).exists()


def _judge_pair(
    before: Release, after: Release, waiting: Sequence[Reliance], now: datetime, lapsed: Lapsed
) -> dict[Outcome, int]:
    old, new = queries.ref(before), queries.ref(after)
    sealer = _sealer(old.product)
    grounds = [Ground.from_bytes(sealer.open(bytes(row.place), context=row.uid.encode())) for row in waiting]
    wanted = {ground.path for ground in grounds}
    changes: dict[TreePath, Change] = {}
    if old.root != new.root:
        for change in queries.manifest(old).diff(queries.manifest(new)):
            was, _ = sides_of(change)
            if was is not None and was.path in wanted:
                changes[was.path] = change
    lines = _Lines(vault.product_store(old.product))
    verdicts = [_verdict(ground, changes, lines, is_same=old.root == new.root, root=new.root) for ground in grounds]
    counts = {outcome: sum(one.outcome is outcome for one in verdicts) for outcome in Outcome}
    with journal.transaction():
        Judgement.objects.bulk_create(
            [
                Judgement(
                    reliance=row,
                    release=after,
                    outcome=one.outcome,
                    reason=one.reason,
                    lines=one.lines,
                    place=sealer.seal(one.now.to_bytes(), context=_place_of(row, after)) if one.now else b"",
                    judged_at=now,
                )
                for row, one in zip(waiting, verdicts, strict=True)
            ],
            ignore_conflicts=True,  # a worker that lost its lease comes to the same verdicts
        )
        journal.record(
            "releases.reliance-judged",
            actor="operator:worker",
            at=now,
            subject=new.uid,
            fields={
                "before": str(old.root),
                "counts": {outcome.value: count for outcome, count in counts.items()},
                "release": new.evidence(),
            },
        )
        gone = zip(waiting, verdicts, strict=True)
        lapsed(new.uid, [Uid(row.subject) for row, one in gone if one.outcome is Outcome.LAPSED], now)
    return counts


class _Lines:
    """The lines of files, each read once."""

    def __init__(self, store: ProductStore) -> None:
        self._store = store
        self._kept: dict[Digest, list[bytes]] = {}

    def of(self, entry: Entry) -> list[bytes]:
        if entry.digest not in self._kept:
            self._kept = dict(list(self._kept.items())[-3:])
            # Newlines end lines here and nowhere else, as in every count of the store.
            parts = b"".join(self._store.read_blob(entry)).split(b"\n")
            self._kept[entry.digest] = [*(part + b"\n" for part in parts[:-1]), *([parts[-1]] if parts[-1] else [])]
        return self._kept[entry.digest]


def _verdict(
    ground: Ground, changes: Mapping[TreePath, Change], lines: _Lines, *, is_same: bool, root: Digest
) -> Verdict:
    if ground.path is None:
        return Verdict(Outcome.STANDS, Ground(root)) if is_same else Verdict(Outcome.LAPSED, None, Reason.OTHER_RELEASE)
    change = changes.get(ground.path)
    return Verdict(Outcome.STANDS, ground) if change is None else _of_changed(ground, change, lines)


def _of_changed(ground: Ground, change: Change, lines: _Lines) -> Verdict:
    before, after = sides_of(change)
    if before is None or after is None:
        return Verdict(Outcome.LAPSED, None, Reason.REMOVED, ground.span.count if ground.span else 0)
    if isinstance(change, Moved):
        return Verdict(Outcome.MOVED, Ground(ground.digest, after.path, ground.span))
    if before.digest == after.digest:  # its mode alone
        return Verdict(Outcome.STANDS, ground)
    if not is_comparable(before, after):
        return Verdict(Outcome.LAPSED, Ground(after.digest, after.path), Reason.NOT_COMPARED)
    return by_lines(ground, Ground(after.digest, after.path), lines.of(before), lines.of(after))


def by_lines(ground: Ground, now: Ground, before: Sequence[bytes], after: Sequence[bytes]) -> Verdict:
    """Return what a changed file leaves of a ground: lines that stand together as before stand, wherever they are."""
    pairs = dict(matches(before, after))
    span = ground.span or Span(1, max(len(before), 1))
    kept = [pairs[index] for index in range(span.first - 1, span.last) if index in pairs]
    is_together = len(kept) == span.count and kept[-1] - kept[0] == span.count - 1
    if ground.span is None or not is_together:
        gone = span.count - len(kept)
        came = len(after) - len(pairs) if ground.span is None else kept[-1] - kept[0] + 1 - len(kept) if kept else 0
        return Verdict(Outcome.LAPSED, now, Reason.CHANGED, max(gone, came, 1))
    stands = Ground(now.digest, now.path, Span(kept[0] + 1, kept[-1] + 1))
    return Verdict(Outcome.STANDS if stands.span == ground.span else Outcome.MOVED, stands)


def _sealer(product: Uid) -> Sealer:
    return vault.sealer(product, "reliance")


def _place_of(row: Reliance, release: Release) -> bytes:
    return f"{row.uid}/{release.uid}".encode()
