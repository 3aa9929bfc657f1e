# SPDX-License-Identifier: Apache-2.0
"""Following the journal: sequence, integrate, sign, and give checkpoints out when they are due."""

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import close_old_connections

from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal import queries
from glasshouse.domain.journal.values import Audience
from glasshouse.edges.worker import witnesses
from glasshouse.engines.ledger import signing
from glasshouse.engines.ledger.errors import LogBusyError
from glasshouse.engines.ledger.log import Log
from glasshouse.engines.ledger.notes import Note
from glasshouse.engines.ledger.signer import SigningRequest
from glasshouse.kernel import clock
from glasshouse.kernel.errors import GlasshouseError

log = logging.getLogger("glasshouse.worker")
TIDY_SECONDS = 0.5
TURN_SECONDS = 0.1


class Follower:
    """The one sequencer of a lab. A second worker finds the log taken and waits to take over."""

    def __init__(self) -> None:
        self._log = Log(settings.GLASSHOUSE.ledger)
        head = queries.signed_head()
        self._signed = head[0].size if head else 0
        self._trouble = ""
        self._tidy_at = 0.0
        self._round: witnesses.Round | None = None
        self._due = {audience: _due(audience) for audience in Audience}

    def step(self) -> None:
        """Bring every waiting entry under a signed head; trouble is reported once and tried again."""
        try:
            self._log.open_for_append()
            until = time.monotonic() + TURN_SECONDS
            while journal.sequence() and time.monotonic() < until:
                pass  # writers who are faster than this are met again in the next step, after a head was signed
            journal.integrate(self._log)
            note = journal.sign_head(self._log, self._signed, _ask)
            if note is not None:
                journal.keep_head(note)
                self._signed = self._log.size
            self._publish(clock.now())
            if time.monotonic() >= self._tidy_at:
                self._tidy_at = time.monotonic() + TIDY_SECONDS
                journal.tidy()
        except LogBusyError:
            self._report("another worker sequences this lab; waiting to take over")
        except (GlasshouseError, DatabaseFault, OSError) as error:
            self._report(f"the ledger cannot go on: {type(error).__name__}: {error}")
            close_old_connections()  # a connection that the server dropped would stay dropped
        else:
            self._trouble = ""

    def close(self) -> None:
        """Let another worker take over."""
        self._log.close()

    def _publish(self, now: datetime) -> None:
        if self._round is not None:
            note = self._round.result()
            if note is None:
                return  # the public's checkpoint waits as well: it is the newest that the witnesses saw
            self._round = None
            _keep(Audience.PARTIES, note, now)
        for audience, due in self._due.items():
            if now >= due and self._signed:
                self._due[audience] = now + _interval(audience)
                self._give_out(audience, now)
                return  # one a step

    def _give_out(self, audience: Audience, now: datetime) -> None:
        head = queries.signed_head()
        kept = queries.newest_checkpoint(audience)
        if head is None or (kept is not None and kept.size == head[0].size):
            return
        note = Note.parse(head[1])
        if audience is Audience.PARTIES:
            self._round = witnesses.Round(note, queries.the_log(), settings.GLASSHOUSE.witnesses)
            return
        newest = queries.newest_checkpoint(Audience.PARTIES)
        _keep(audience, Note.parse(newest.note.encode()) if newest else note, now)
        with journal.transaction():
            jobs.ask("publication.site", {}, actor="operator:worker", now=now)

    def _report(self, trouble: str) -> None:
        if trouble != self._trouble:
            log.warning("%s", trouble)
        self._trouble = trouble


def _keep(audience: Audience, note: Note, now: datetime) -> None:
    checkpoint = queries.tree_head(note)
    journal.keep_checkpoint(
        audience, size=checkpoint.size, root=checkpoint.root, note=note.serialise().decode(), at=now
    )


def _ask(request: SigningRequest) -> Note:
    return signing.ask(settings.GLASSHOUSE.run / "signer.sock", request)


def _interval(audience: Audience) -> timedelta:
    lab = settings.GLASSHOUSE
    is_public = audience is Audience.PUBLIC
    return timedelta(seconds=lab.public_checkpoint_seconds if is_public else lab.checkpoint_seconds)


def _due(audience: Audience) -> datetime:
    kept = queries.newest_checkpoint(audience)
    return kept.at + _interval(audience) if kept else clock.now()
