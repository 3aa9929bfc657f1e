# SPDX-License-Identifier: Apache-2.0
"""What all shelves of sealed packs have in common: a pack rests whole or not at all, and a shelf has one writer."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path

from django.conf import settings

from glasshouse.domain.releases import vault
from glasshouse.engines.store import files
from glasshouse.engines.store.errors import BusyError
from glasshouse.engines.store.packs import PackWriter
from glasshouse.kernel.errors import ConflictError
from glasshouse.kernel.ids import Uid


class Shelf(StrEnum):
    """What rests under a product's key beside its releases, by the name of its folder in the lab."""

    INDEX = "index"
    REPORTS = "reports"
    RUNS = "runs"
    SCANS = "scans"
    SCIP = "scip"


def folder(shelf: Shelf, product: Uid) -> Path:
    """Return where a product's packs of a shelf lie."""
    home: Path = settings.GLASSHOUSE.home
    return home / shelf / product.text


def remove(product: Uid) -> None:
    """Remove all shelves of a product that was destroyed; its key is gone, so nothing of them could be read."""
    for shelf in Shelf:
        shutil.rmtree(folder(shelf, product), ignore_errors=True)


def write(product: Uid, kind: str, blocks: Iterable[bytes], *, partial: Path, whole: Path) -> None:
    """Let a pack rest at `whole`, durable when this returns, sealed under its product's key.

    Meanwhile it is made at `partial`, in the same folder, which only a killed writer leaves behind.
    """
    writer = PackWriter(partial, vault.ring().open(product), kind)
    try:
        for block in blocks:
            writer.write(block)
        writer.finish()
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    finally:
        writer.close()
    partial.rename(whole)
    files.sync_folder(whole.parent)


@contextmanager
def sole_writer(lock: Path, busy: ConflictError) -> Iterator[None]:
    """Hold a shelf's lock, its folder made; raises `busy` while another process or thread holds it."""
    lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(files.sole_writer(lock))
        except BusyError as error:
            raise busy from error
        yield
