# SPDX-License-Identifier: Apache-2.0
"""What all shelves of sealed packs have in common: a pack rests whole or not at all, and a shelf has one writer."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from glasshouse.domain.releases import vault
from glasshouse.engines.store import files
from glasshouse.engines.store.errors import BusyError
from glasshouse.engines.store.packs import PackWriter
from glasshouse.kernel.errors import ConflictError
from glasshouse.kernel.ids import Uid


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
