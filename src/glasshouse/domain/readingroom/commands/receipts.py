# SPDX-License-Identifier: Apache-2.0
"""Receipts: a visit's entries with openings and proofs, as docs/receipt-format.md describes them."""

import base64
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import rfc8785
from django.conf import settings

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal import queries as journal_queries
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.journal.promises import promise
from glasshouse.domain.journal.values import Json, Recorded
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.errors import ReceiptTooEarlyError
from glasshouse.domain.readingroom.models import Visit
from glasshouse.domain.releases import vault
from glasshouse.engines.ledger.log import Log
from glasshouse.engines.store import Proof
from glasshouse.kernel import clock
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError, RefusedError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

FORMAT = "glasshouse/receipt/v1"
_OWN = (SeedClass.SHARED, SeedClass.PERSONAL, SeedClass.VISITOR)
_LEAF_HEAD = b"glasshouse/manifest-leaf/v1\n"
_SALT_BYTES = 32
_README = """\
This is the receipt of a visit to the security lab "{lab}", made {made}.

It lists every entry of the lab's journal that the visit caused, and proves that each stands in the lab's public
ledger. To check it on a machine of your own, without a network and without an account:

    pip install ./verifier          # from the Glasshouse source; one file, it needs Python and cryptography
    glasshouse-verify receipt.zip --trust keys.txt

keys.txt names the keys that you trust: the lab's, its witnesses', your own passkey's fingerprint. It never comes
from this file; compare it with what the lab gave you on paper at your first visit. The program also says what it
did not prove.
"""


def make_receipt(viewer: Viewer, visit: Uid, *, now: datetime) -> bytes:
    """Return the receipt of the viewer's own visit as a zip file, up to its last entry.

    Raises while an entry is not under a signed tree head yet: seconds after it was shown, never more.
    """
    found = queries.visit(viewer, visit)
    numbered = journal_queries.events_of_subject(visit)
    engagement = Uid(found.engagement.uid)
    chained = list(journal_queries.chain_events(engagement, first=numbered[0].number, last=numbered[-1].number))
    extra = [row for kind in ("ledger.web-key-delegated",) for row in journal_queries.events_of_kind(kind)]
    enrolments = list(journal_queries.events_of_kind("people.passkey-enrolled", subject=viewer.uid))
    proofs = _Proofs(journal_queries.the_log(), [*chained, *extra, *enrolments])
    own = [row for row in chained if row.subject == visit.text]
    views = [_release_and_file(row) for row in own if row.kind == "readingroom.lines-shown"]
    content: dict[str, Json] = {
        "close": _close(found),
        "delegations": [_event(row, proofs, opened=("head", "key")) for row in extra],
        "engagement": engagement.text,
        "enrolments": [_event(row, proofs, opened=("head", "passkey")) for row in enrolments],
        "events": [_event(row, proofs, opened=None if row.subject == visit.text else ("chain",)) for row in chained],
        "format": FORMAT,
        "manifest_proofs": _manifest_proofs(views),
        "origin": settings.GLASSHOUSE.origin,
        "person": viewer.uid.text,
        "releases": _distinct(release for release, _ in views),
        "visit": visit.text,
    }
    with journal.transaction():
        journal.record("readingroom.receipt-made", actor=viewer.uid.text, at=now, subject=viewer.uid)
    readme = _README.format(lab=settings.GLASSHOUSE.name, made=clock.to_text(now))
    return _pack({"README.txt": readme.encode(), "checkpoint": proofs.note, "receipt.json": rfc8785.dumps(content)})


class _Proofs:
    """Places and inclusion proofs of events under one signed head: the witnesses' one, where it covers them all."""

    def __init__(self, log: Log, rows: Sequence[Event]) -> None:
        self._places = journal_queries.leaf_indexes([row.pk for row in rows])
        heads = (journal_queries.cosigned_head(), journal_queries.signed_head())
        head = next((head for head in heads if head and self._is_covered(rows, head[0].size)), None)
        if head is None:
            raise ReceiptTooEarlyError(
                "The last entry is not in the signed tree yet.",
                hint="Ask again in a second; the worker must be running.",
            )
        self._log, self._size, self.note = log, head[0].size, head[1]

    def _is_covered(self, rows: Sequence[Event], size: int) -> bool:
        return all(self._places.get(row.pk, size) < size for row in rows)

    def of(self, row: Event) -> tuple[int, list[str]]:
        index = self._places[row.pk]
        return index, [_b64(step) for step in self._log.inclusion_proof(index, self._size)]


def _event(row: Event, proofs: _Proofs, *, opened: Sequence[str] | None) -> dict[str, Json]:
    """Return an event with the named openings, or with all that its visitor may open."""
    index, proof = proofs.of(row)
    openings = [
        {"index": one.index, "name": one.name, "salt": one.salt.hex(), "value": one.value}
        for one in journal_queries.openings(row, vault.journal_sealer, classes=_OWN)
        if opened is None or one.name in opened
    ]
    return {
        "boxes": journal_queries.boxes_digest(row).hex(),
        "commitment": bytes(row.commitment).hex(),
        "fields": [value.hex() for value in journal_queries.field_commitments(row)],
        "index": index,
        "number": row.number,
        "openings": openings,
        "promise": _promise(row) if opened is None else None,
        "proof": proof,
    }


def _promise(row: Event) -> Json:
    # Ed25519 is deterministic: this is the promise that the page carried, made again.
    engagement = Uid(row.engagement) if row.engagement else None
    made = promise(Recorded(row.pk, Uid(row.uid), row.kind, bytes(row.commitment), engagement, row.number))
    return {"key": _b64(made.key), "signature": _b64(made.signature)}


def _release_and_file(row: Event) -> tuple[Json, Json]:
    fields = journal_queries.open_event(row, vault.journal_sealer).fields
    return fields.get("release"), fields.get("file")


def _distinct(values: Iterable[Json]) -> list[Json]:
    return [json.loads(text) for text in sorted({rfc8785.dumps(value) for value in values if value is not None})]


def _manifest_proofs(views: Iterable[tuple[Json, Json]]) -> list[Json]:
    wanted = {
        (str(release["product"]), str(release["root"]), str(file["path"]))
        for release, file in views
        if isinstance(release, Mapping) and isinstance(file, Mapping)
    }
    made = []
    for product, root, path in wanted:
        try:
            manifest = vault.product_store(Uid(product)).manifest(Digest.parse(root))
            made.append((root, manifest.prove(TreePath.parse(path))))
        except (RefusedError, NotFoundError):
            continue  # the product's key was destroyed: the views stay proved, their files can be named no more
    made.sort(key=lambda pair: (pair[0], pair[1].leaf_index))
    return [_manifest_proof(root, proof) for root, proof in made]


def _manifest_proof(root: str, proof: Proof) -> Json:
    body = proof.leaf[len(_LEAF_HEAD) :]
    return {
        "index": proof.leaf_index,
        "leaf": {"entry": json.loads(body[_SALT_BYTES:]), "salt": body[:_SALT_BYTES].hex()},
        "proof": [_b64(step) for step in proof.path],
        "root": root,
    }


def _close(found: Visit) -> Json:
    close: dict[str, Json] | None = found.close
    return close


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _pack(members: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            archive.writestr(info, content)
    return target.getvalue()
