# SPDX-License-Identifier: Apache-2.0
"""Carrying a checkpoint to its witnesses (c2sp.org/tlog-witness) and bringing back their cosignatures.

A witness is configured as `URL|VKEY`, or `|VKEY` when files carry
the checkpoints. One that is silent, behind or refuses is reported and left out: the page
counts who signed, and a checkpoint without witnesses says so.
"""

import json
import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import httpx
from django.conf import settings

from glasshouse.domain.journal import queries
from glasshouse.engines.ledger.errors import StaleRequestError
from glasshouse.engines.ledger.log import Log
from glasshouse.engines.ledger.notes import Note, VerifierKey
from glasshouse.engines.ledger.witnessing import AddCheckpoint, read_answer
from glasshouse.kernel.errors import GlasshouseError

log = logging.getLogger("glasshouse.worker")
TIMEOUT = 5.0


class Round:
    """One asking of all witnesses, beside the sequencing: a silent one must not hold up an entry's tree."""

    def __init__(self, note: Note, tree: Log, witnesses: Sequence[str]) -> None:
        """Begin to ask; `tree` is for this round alone."""
        self._note = note
        self._thread = threading.Thread(target=self._run, args=(tree, witnesses), name="witnesses", daemon=True)
        self._thread.start()

    def result(self) -> Note | None:
        """Return the note with what came back, None while somebody may still answer."""
        return None if self._thread.is_alive() else self._note

    def _run(self, tree: Log, witnesses: Sequence[str]) -> None:
        self._note = cosigned(self._note, tree, witnesses)


def cosigned(note: Note, tree: Log, witnesses: Sequence[str]) -> Note:
    """Return the note with the cosignatures of the witnesses that gave one."""
    known = _known()
    for configured in witnesses:
        url, _, vkey = configured.partition("|")
        if not url:
            continue  # reached by files: `glasshouse ledger prove --since`, then `ledger cosigned`
        try:
            witness = VerifierKey.parse(vkey)
            note = _ask(url, witness, note, tree, known.get(witness.name, 0))
            known[witness.name] = queries.tree_head(note).size
        except (GlasshouseError, httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("the witness %s did not cosign: %s", url, error)
    with suppress(OSError):  # a hint only
        _remember(known)
    return note


def _ask(url: str, witness: VerifierKey, note: Note, tree: Log, known: int) -> Note:
    size = queries.tree_head(note).size
    for _attempt in range(2):
        proof = tuple(tree.consistency_proof(known, size)) if known else ()
        request = AddCheckpoint(known, proof, note)
        answer = httpx.post(f"{url.rstrip('/')}/add-checkpoint", content=request.serialise(), timeout=TIMEOUT)
        try:
            return read_answer(answer.status_code, answer.content, request, [witness])
        except StaleRequestError as error:
            known = error.size  # the witness knows another head of ours; prove from there
    return note


def _path() -> Path:
    path: Path = settings.GLASSHOUSE.home / "witnesses.json"
    return path


def _known() -> dict[str, int]:
    try:
        known: dict[str, int] = json.loads(_path().read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}  # a hint only: each witness says itself what it knows
    return known


def _remember(known: dict[str, int]) -> None:
    temporary = _path().with_suffix(".tmp")
    temporary.write_text(json.dumps(known, sort_keys=True), "utf-8")
    temporary.replace(_path())
