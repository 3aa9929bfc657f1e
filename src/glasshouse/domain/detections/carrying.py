# SPDX-License-Identifier: Apache-2.0
"""Results that a person hands in: held in memory while they are read, and taken in by a product's owner alone."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from glasshouse.domain.detections import commands, sights
from glasshouse.domain.detections.values import Said, Taken
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

PIECE: Final = 2**20
LARGEST: Final = 512 * 2**20
"""Bytes of one file of results."""


@contextmanager
def received(pieces: Iterable[bytes]) -> Iterator[Path]:
    """Hold what comes as a file in memory, which no disk ever has; raises InvalidError for more than `LARGEST`."""
    with os.fdopen(os.memfd_create("results", os.MFD_CLOEXEC), "wb") as file:
        size = 0
        for piece in pieces:
            size += len(piece)
            if size > LARGEST:
                raise InvalidError(
                    f"A file of results has at most {LARGEST:,} bytes.",
                    hint="Import larger ones at the lab's terminal, with `glasshouse findings import`.",
                )
            file.write(piece)
        file.flush()
        yield Path(f"/proc/self/fd/{file.fileno()}")


def take_reports(
    viewer: Viewer, release: Uid, source: Path, *, is_complete: bool, root: str, now: datetime
) -> tuple[Taken, ...]:
    """Take a file of results in for a product's owner, as the terminal's import does.

    Raises ReleaseUnknownError for who does not read what tools found, RoleMissingError for who reads and owns none.
    """
    found = sights.sight_of(viewer, release).release
    viewer.check_role(Role.PRODUCT_OWNER)
    said = Said(is_complete=is_complete, root=root.encode("utf-8", "surrogateescape"))
    return commands.take_reports(viewer.uid.text, found.product_slug, found.version, source, now=now, said=said)
