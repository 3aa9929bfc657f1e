# SPDX-License-Identifier: Apache-2.0
"""The ledger of a lab with a million entries: `python -m benchmarks.ledger`; `--quick` uses fifty thousand.

A real lab is founded in a folder of its own, its journal filled with views as `journal.record` writes them (in bulk,
which is the only short cut), then sequenced, integrated and signed by the product's own functions. Backup and restore
run as commands, against a plain copy of the same folder.
"""

import os
import random
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measure import (
    Conditions,
    Others,
    Row,
    at_least,
    at_most,
    fsync_p50,
    interleaved,
    options,
    ratio,
    show,
    timed,
)

ENTRIES, QUICK_ENTRIES = 1_000_000, 50_000
BATCH = 10_000
PROBES = 1_000


Written = tuple[tuple[int | str | bytes | datetime, ...], Mapping[str, bytes]]
"""An event's row, and its seeds by the letter of their class."""
_EVENT = """
INSERT INTO journal_event (id, uid, kind, actor, at, subject, product, engagement, number, previous, names, commitments,
                           boxes, commitment)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


class Lab:
    """A lab in a folder of the benchmark's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "lab"
        self.keys = folder / "keys"
        os.environ["GLASSHOUSE_HOME"] = str(self.home)
        from glasshouse.edges.cli import founding

        plan = founding.Plan(self.home, self.keys, "Benchmark", "http://localhost:8000", "", is_demo=False)
        founding.found(plan, "operator:benchmark")

    def fill(self, entries: int) -> None:
        """Write views of one engagement, byte for byte as the journal records them."""
        from django.db import connection, transaction

        cursor = connection.cursor()
        cursor.execute("SELECT COALESCE(MAX(id), 0) FROM journal_event")
        first = int(cursor.fetchone()[0]) + 1
        for batch in _batches(first, entries):
            with transaction.atomic():
                cursor.executemany(_EVENT, [row for row, _ in batch])
                cursor.executemany(
                    "INSERT INTO journal_seed (event_id, seed_class, value) VALUES (%s, %s, %s)",
                    [(row[0], letter, seed) for row, seeds in batch for letter, seed in seeds.items()],
                )
                cursor.executemany(
                    "INSERT INTO journal_outbox (event_id, follower) VALUES (%s, 'ledger')",
                    [(row[0],) for row, _ in batch],
                )
        last = batch[-1][0]
        cursor.execute(
            "INSERT INTO journal_chain (engagement, number, head, at) VALUES (%s, %s, %s, %s)",
            [last[7], last[8], last[13], last[4]],
        )

    def sequence(self) -> float:
        """Bring everything under a signed head with the worker's own steps; return seconds."""
        from django.conf import settings

        from glasshouse.domain.journal import commands as journal
        from glasshouse.engines.ledger.log import Log
        from glasshouse.engines.ledger.notes import SigningKey
        from glasshouse.engines.ledger.signer import Signer, state_name

        lab = settings.GLASSHOUSE
        key = SigningKey.parse((lab.signer / "log.key").read_text("ascii").strip())
        signer = Signer(key, lab.origin, lab.signer / state_name(lab.origin))
        begun = time.perf_counter()
        with Log(lab.ledger) as log:
            signed = 0
            while journal.sequence():
                journal.integrate(log)
                note = journal.sign_head(log, signed, signer.sign)
                if note is not None:
                    journal.keep_head(note)
                    signed = log.size
        return time.perf_counter() - begun


def _batches(first: int, entries: int) -> Iterator[list[Written]]:
    from glasshouse.domain.journal import boxes
    from glasshouse.domain.journal.commands.recording import _commit_fields
    from glasshouse.domain.journal.models import SeedClass
    from glasshouse.domain.journal.values import Json
    from glasshouse.engines.ledger import commitments
    from glasshouse.kernel import clock
    from glasshouse.kernel.ids import Uid

    actor, visit, engagement, moment, previous = Uid.new().text, Uid.new().text, Uid.new().text, clock.now(), bytes(32)
    release: dict[str, Json] = {
        "product": Uid.new().text,
        "root": secrets.token_hex(32),
        "size": 79_000,
        "version": "6.1",
    }
    batch: list[Written] = []
    for number in range(1, entries + 1):
        uid, at = Uid.new().text, moment + timedelta(milliseconds=number)
        seeds = {SeedClass.SHARED: secrets.token_bytes(32), SeedClass.PERSONAL: secrets.token_bytes(32)}
        shown: dict[str, Json] = {"charged": 40, "first": number, "last": number + 39, "lines": secrets.token_hex(32)}
        stored = boxes.seal({"release": release, "shown": shown}, seeds[SeedClass.SHARED], SeedClass.SHARED, uid)
        kind, shared = "readingroom.lines-shown", SeedClass.SHARED
        classed: dict[str, tuple[SeedClass, Json]] = {
            "actor": (SeedClass.PERSONAL, actor),
            "chain": (shared, {"engagement": engagement, "number": number, "previous": previous.hex()}),
            "head": (shared, {"at": clock.to_text(at), "kind": kind, "subject": visit, "uid": uid}),
            "release": (shared, release),
            "shown": (shared, shown),
        }
        names, hashes = _commit_fields(classed, seeds)
        commitment = commitments.event_commitment(hashes, boxes.digest(stored, names, ""))
        key = first + number - 1
        row = (key, uid, kind, actor, at.replace(tzinfo=None), visit, "", engagement, number, previous)
        batch.append(
            (
                (*row, names, b"".join(hashes), stored, commitment),
                {letter.value: seed for letter, seed in seeds.items()},
            )
        )
        previous = commitment
        if len(batch) == BATCH or number == entries:
            yield batch
            batch = []


def _median_ms(work: Callable[[int], object], size: int) -> float:
    taken = []
    for _ in range(PROBES):
        index = random.randrange(size)  # noqa: S311 -- which entry is asked for
        begun = time.perf_counter()
        work(index)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1000


def _proof_rows(conditions: Callable[[], Conditions]) -> list[Row]:
    from django.conf import settings
    from glasshouse_verify import Trust, verify_tlog_proof

    from glasshouse.domain.journal import queries
    from glasshouse.engines.ledger.checkpoints import cosign
    from glasshouse.engines.ledger.notes import KeyKind, Note, SigningKey
    from glasshouse.engines.ledger.proofs import TlogProof

    head = queries.signed_head()
    assert head is not None
    log, note = queries.the_log(), Note.parse(head[1])
    witnesses = [SigningKey.generate(f"witness{number}.example", KeyKind.COSIGNATURE) for number in range(3)]
    for witness in witnesses:
        note = cosign(note, witness, int(time.time()))
    made = _median_ms(lambda index: log.inclusion_proof(index, head[0].size), head[0].size)
    lines = [f"log {(settings.GLASSHOUSE.ledger / 'log.vkey').read_text().strip()}"]
    lines += [f"witness w{number} {key.verifier}" for number, key in enumerate(witnesses)]
    trust = Trust.parse("\n".join([*lines, "group all all w0 w1 w2", "quorum all", ""]).encode())
    commitment = log.entry(head[0].size // 2)
    proof = tuple(log.inclusion_proof(head[0].size // 2, head[0].size))
    raw = TlogProof(head[0].size // 2, proof, note, commitment).serialise()
    now = datetime.now(tz=UTC)
    assert verify_tlog_proof(raw, trust, now=now).exit_code == 0
    verified = _median_ms(lambda _index: verify_tlog_proof(raw, trust, now=now), 1)
    return [
        at_most("a proof, p50", made, 1, "ms", peer=f"{head[0].size:,} entries", conditions=conditions()),
        at_most(
            "offline verify, 3 cosignatures, p50", verified, 2, "ms", peer=f"{len(raw)} B", conditions=conditions()
        ),
    ]


def _copy_rows(lab: Lab, conditions: Callable[[], Conditions]) -> list[Row]:
    spare = lab.folder / "spare"
    command = [sys.executable, "-m", "glasshouse.edges.cli"]
    backup = lab.folder / "backup"

    def fresh(path: Path) -> Path:
        shutil.rmtree(path, ignore_errors=True)
        return path

    def copy() -> None:
        shutil.copytree(lab.home, fresh(spare))
        subprocess.run(["sync", "-f", spare], check=True)

    def back_up() -> None:
        subprocess.run([*command, "backup", str(fresh(backup))], check=True, capture_output=True)

    def restore() -> None:
        environment = {**os.environ, "GLASSHOUSE_HOME": str(fresh(lab.folder / "restored"))}
        keys = fresh(lab.folder / "restored-keys")
        shutil.copytree(lab.keys, keys)
        subprocess.run(
            [*command, "restore", str(backup), "--keys", str(keys)], check=True, capture_output=True, env=environment
        )

    taken = interleaved(
        {"copy": lambda: timed(copy), "backup": lambda: timed(back_up), "restore": lambda: timed(restore)}
    )
    peer = f"cp -a with sync, {taken['copy'].seconds:.1f} s"
    return [
        ratio(
            f"{name}, against a plain copy",
            taken[name].seconds / taken["copy"].seconds,
            2,
            peer=peer,
            conditions=conditions(),
        )
        for name in ("backup", "restore")
    ]


def main() -> None:
    """Measure and print."""
    chosen = options(__doc__ or "").parse_args()
    entries = QUICK_ENTRIES if chosen.quick else ENTRIES
    with tempfile.TemporaryDirectory(prefix="glasshouse-ledger-") as name:
        lab = Lab(Path(name))
        fsync = fsync_p50(Path(name))
        lab.fill(entries)
        others = Others()
        seconds = lab.sequence()
        share = others.share()
        rows = [
            at_least(
                "sequencing, integrated and signed",
                entries / seconds,
                20_000,
                "/s",
                peer=f"{entries:,} rows",
                conditions=Conditions(fsync, share),
            )
        ]
        from glasshouse.domain.journal import audit
        from glasshouse.edges.cli import auditing

        watched = Others()

        def conditions() -> Conditions:
            return Conditions(fsync, watched.share())

        rows += _proof_rows(conditions)
        tree = timed(audit.audit_tree)
        whole = timed(lambda: _clean(auditing.audit_journal(as_json=True)[1]))
        rows += [
            at_most(
                "audit of the tree",
                tree.seconds,
                3,
                "s",
                peer=f"{entries:,} entries",
                conditions=Conditions(fsync, tree.others),
            ),
            at_most(
                "audit against the rows",
                whole.seconds,
                15,
                "s",
                peer="tree included, two processes",
                conditions=Conditions(fsync, whole.others),
            ),
        ]
        from django.db import connection

        connection.close()
        rows += _copy_rows(lab, conditions)
    show(rows, as_json=chosen.json)


def _clean(findings: list[str]) -> None:
    assert not findings, findings[:3]


if __name__ == "__main__":
    main()
