# SPDX-License-Identifier: Apache-2.0
"""The audit at the operator's terminal: ranges of entries on two cores, then every pack."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

from glasshouse.domain.journal import audit
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.scans import checking
from glasshouse.edges.cli import laboratory
from glasshouse.edges.cli.output import progress
from glasshouse.engines.store.errors import BrokenSealError, DamagedError

if TYPE_CHECKING:
    from glasshouse.domain.releases.models import Release

PROCESSES = 2


def audit_journal(*, as_json: bool) -> tuple[int, list[str]]:
    """Compare rows, log and signed head; return the number of entries and what differs."""
    parts = audit.parts()
    entries = parts[-1][1] if parts else 0
    with progress("Comparing entries", as_json=as_json) as report:
        if len(parts) < PROCESSES:
            findings = [*audit.audit_tree(), *audit.audit_order()]
            for part in parts:
                findings += audit.audit_rows(*part)
        else:
            # Fresh processes: a fork would share this one's connection to the database.
            with ProcessPoolExecutor(PROCESSES, get_context("spawn"), laboratory.open_lab) as pool:
                whole = [pool.submit(audit.audit_tree), pool.submit(audit.audit_order)]
                rows = pool.map(audit.audit_rows, *zip(*parts, strict=True))
                findings = [finding for one in whole for finding in one.result()]
                for done, found in enumerate(rows):
                    findings += found
                    report(parts[done][1], entries)
    return entries, [finding.message for finding in findings]


def audit_packs(*, as_json: bool) -> list[str]:
    """Decrypt and hash every release whose key exists; return what is damaged."""
    messages = []
    for row in releases.all_releases().filter(product__destroyed_at=None):
        _, damages = check_release(row, as_json=as_json)
        messages += [f"{row}: {message}" for message in damages]
    return messages


def check_release(row: "Release", *, as_json: bool) -> tuple[int, list[str]]:
    """Read one release and what tools said of it; return how many files were read, and what is damaged."""
    with progress(f"Checking {row}, files", as_json=as_json) as report:
        try:
            checked = checking.check(releases.ref(row), _files(report, row.files))
        except (BrokenSealError, DamagedError) as error:
            return 0, [error.message]  # what lists the files is damaged itself
    return checked.files, [damage.message for damage in checked.damages]


def _files(report: Callable[[int, int], None], of: int) -> Callable[[int, int], None]:
    return lambda files, _bytes: report(files, of)
