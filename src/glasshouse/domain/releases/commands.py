# SPDX-License-Identifier: Apache-2.0
"""Verbs of releases."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.db import IntegrityError, connection

from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.jobs import queries as jobs_queries
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.values import Recorded
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import (
    crossingshelf,
    defining,
    indexing,
    queries,
    reliances,
    searching,
    shelves,
    surveys,
    symbols,
    vault,
)
from glasshouse.domain.releases.errors import ReleaseExistsError, ReleaseUnknownError
from glasshouse.domain.releases.indexing import Builder, Report, build_here
from glasshouse.domain.releases.models import Product, Release, Reliance
from glasshouse.domain.releases.reading import MAX_REASON, Reading
from glasshouse.domain.releases.rules import check_may_set, check_names
from glasshouse.engines.store import Sealed
from glasshouse.engines.store.unpack import Limits, open_source
from glasshouse.kernel import clock
from glasshouse.kernel.errors import GlasshouseError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import readable

INDEX = "releases.index"
"""The kind of the jobs that index; their arguments name a product, and a release or a damaged segment."""
SYMBOLS = "releases.symbols"
"""The kind of the jobs that look for symbols; their argument names a product."""
Progress = Callable[[int, int], None]
"""Called with files and bytes taken in so far."""


def intake(
    actor: str, product: str, version: str, source: Path, *, now: datetime, progress: Progress = lambda _f, _b: None
) -> Release:
    """Bring a release in, whole or not at all; a product that is new gets its key.

    The packs are durable before the row; a process killed between the two leaves sealed bytes that no release
    names and that the next intake of the same source uses.
    """
    check_names(product, version)
    began = time.monotonic()
    if Release.objects.filter(product__slug=product, version=version).exists():
        raise ReleaseExistsError(
            f"{product} {version} is here already, and a release is frozen.",
            hint="Give the changed source another version.",
        )
    row = _product(actor, product, now)
    uid = Uid(row.uid)
    store = vault.product_store(uid)
    with (
        store.begin(progress=progress) as taking,
        open_source(source, limits=Limits(), left_out=taking.note_left_out) as members,
    ):
        for member in members:
            taking.add(member)
        sealed = taking.finish(strip_top=True)
    # The entry tells when the release was there, not when reading it began: a wait of minutes is no stalled ledger.
    return _keep(actor, row, version, sealed, now, took=timedelta(seconds=time.monotonic() - began))


def _product(actor: str, slug: str, now: datetime) -> Product:
    found = Product.objects.filter(slug=slug).first()
    if found is not None:
        return found
    uid = Uid.new()
    vault.ring().create(uid)
    try:
        with journal.transaction():
            row = Product.objects.create(uid=uid.text, slug=slug, created_at=now)
            journal.record("releases.product-added", actor=actor, at=now, subject=uid, fields={"product": slug})
    except IntegrityError:  # another import added it meanwhile
        vault.ring().destroy(uid)
        return Product.objects.get(slug=slug)
    return row


def _keep(actor: str, product: Product, version: str, sealed: Sealed, now: datetime, *, took: timedelta) -> Release:
    with journal.transaction():
        if connection.features.has_select_for_update:
            Product.objects.select_for_update().get(pk=product.pk)  # two imports of one version take turns
        if Release.objects.filter(product=product, version=version).exists():
            raise ReleaseExistsError(f"{product} {version} was imported meanwhile.")
        release = Release.objects.create(
            uid=Uid.new().text,
            product=product,
            version=version,
            root=sealed.root.raw,
            files=sealed.files,
            bytes=sealed.bytes,
            lines=sealed.lines,
            left_out=sealed.left_out,
            leaves=sealed.files + 1,
            imported_at=now,
        )
        journal.record(
            "releases.release-imported",
            actor=actor,
            at=now + took,
            subject=Uid(release.uid),
            fields={
                "bytes": sealed.bytes,
                "files": sealed.files,
                "left_out": sealed.left_out,
                "lines": sealed.lines,
                "product": product.slug,
                "root": str(sealed.root),
                "version": version,
            },
        )
        arguments = {"product": product.uid, "release": release.uid}
        jobs.ask(INDEX, arguments, actor=actor, now=now + took)
        jobs.ask(SYMBOLS, {"product": product.uid}, actor=actor, now=now + took)
        if Reliance.objects.filter(release__product=product, ended_at=None).exists():
            reliances.ask(Uid(product.uid), actor=actor, now=now + took)
    return release


def index(product: Uid, *, release: str = "", damaged: str = "", build: Builder = build_here, report: Report) -> int:
    """Index what a release brought, or all that a product's index lacks; return how many documents came.

    `damaged` names a segment that could not be read. Nothing is left to do for a product that was destroyed.
    """
    rows = Release.objects.select_related("product").filter(product__uid=product.text, product__destroyed_at=None)
    refs = [queries.ref(row) for row in (rows.filter(uid=release) if release else rows)]
    if not refs:
        return 0
    found: list[str] = []
    try:
        return indexing.index(product, refs, build=build, report=report, damaged=damaged, note_damage=found.append)
    finally:
        for name in found:  # of a release that came before, perhaps: all of the product is looked through again
            ask_for_index(product, actor="operator:worker", now=clock.now(), damaged=name)


def look_for_symbols(product: Uid, *, report: Report) -> str:
    """Look for the symbols of all of a product's documents that have none yet; return what came of it in a line."""
    rows = Release.objects.select_related("product").filter(product__uid=product.text, product__destroyed_at=None)
    refs = [queries.ref(row) for row in rows]
    return str(symbols.index(product, refs, report=report)) if refs else "the product was destroyed"


def ask_for_index(product: Uid, *, actor: str, now: datetime, damaged: str = "") -> None:
    """Have a product's index made whole; a damaged segment of it is recorded, by its random name."""
    with journal.transaction():
        if damaged:
            journal.record("releases.index-damaged", actor=actor, at=now, subject=product, fields={"segment": damaged})
        jobs.ask(INDEX, {"product": product.text, "segment": damaged}, actor=actor, now=now)


def ask_for_missing_indexes(*, actor: str, now: datetime) -> None:
    """Have every product indexed whose index lacks something, as after a restore; those that are asked for wait."""
    if jobs_queries.is_pending(INDEX):
        return
    for product in Product.objects.filter(destroyed_at=None):
        refs = [queries.ref(row) for row in product.releases.select_related("product")]
        try:
            is_complete = indexing.is_complete(Uid(product.uid), refs)
        except GlasshouseError:  # the job then says what is wrong with this product, and the others go on
            is_complete = False
        if not is_complete:
            ask_for_index(Uid(product.uid), actor=actor, now=now)


def set_reading(viewer: Viewer, product: Uid, reading: Reading, *, reason: str, now: datetime) -> Product:
    """Say how a product is read from now on, as its owner; the reason stands in the journal. The next page obeys."""
    check_may_set(viewer)
    why = readable(reason, what="The reason", limit=MAX_REASON)
    with journal.transaction():
        rows = Product.objects.filter(uid=product.text, destroyed_at=None)
        row = (rows.select_for_update() if connection.features.has_select_for_update else rows).first()
        if row is None:
            raise ReleaseUnknownError
        before, row.reading = row.reading, reading.text
        row.save(update_fields=["reading"])
        journal.record(
            "releases.reading-set",
            actor=viewer.uid.text,
            at=now,
            subject=product,
            fields={"after": reading.text, "before": before, "product": row.slug, "reason": why},
        )
    return row


def mark_destroyed(product: Product, *, actor: str, approval: Uid, now: datetime) -> Recorded:
    """Record that a product's key is to be destroyed, inside the transaction of the last agreement."""
    Product.objects.filter(pk=product.pk, destroyed_at=None).update(destroyed_at=now)
    return journal.record(
        "releases.product-shredded",
        actor=actor,
        at=now,
        subject=Uid(product.uid),
        fields={"approval": approval.text, "product": product.slug},
    )


def forget() -> None:
    """Let go of what this process remembers of products: one was destroyed, or it needs none of it for long."""
    vault.forget()
    searching.forget()
    defining.forget()
    surveys.forget()
    crossingshelf.forget()


def destroy_marked_keys() -> list[str]:
    """Destroy the keys of products whose end is recorded; run after the record is durable, and again at start."""
    destroyed = []
    for product in Product.objects.exclude(destroyed_at=None):
        uid = Uid(product.uid)
        if vault.ring().exists(uid):
            vault.ring().destroy(uid)
            vault.close()
            forget()
            destroyed.append(product.slug)
        shelves.remove(uid)  # also what we left that died here before, or what a writer finished meanwhile
    return destroyed
