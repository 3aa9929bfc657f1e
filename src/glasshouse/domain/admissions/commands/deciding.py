# SPDX-License-Identifier: Apache-2.0
"""The custodian's word: exactly these bytes may be used here, or may not."""

from datetime import datetime

from glasshouse.domain.admissions import queries, rules, shelf
from glasshouse.domain.admissions.commands import recording
from glasshouse.domain.admissions.licences import is_open
from glasshouse.domain.admissions.models import Brought
from glasshouse.domain.admissions.values import State, Trial
from glasshouse.domain.engagements.rules import check_open
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal import wording
from glasshouse.domain.journal.values import Fields
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import readable


def admit(
    viewer: Viewer, uid: Uid, reason: str, *, digest: Digest, now: datetime, waives_licence: bool = False
) -> None:
    """Admit what passed its trial; `digest` is what the custodian was shown.

    Raises NotFoundError for everybody who does not judge it, SettledError, OtherBytesError, NotTriedError,
    LicenceError for a licence that is not open unless that is waived, EngagementClosedError.
    """
    _decide(viewer, uid, reason, State.ADMITTED, digest=digest, waives_licence=waives_licence, now=now)


def refuse(viewer: Viewer, uid: Uid, reason: str, *, digest: Digest, now: datetime) -> None:
    """Refuse what waits; its content is removed. Raises as `admit` does."""
    _decide(viewer, uid, reason, State.REFUSED, digest=digest, waives_licence=False, now=now)


def _decide(
    viewer: Viewer, uid: Uid, reason: str, state: State, *, digest: Digest, waives_licence: bool, now: datetime
) -> None:
    rules.check_decides(viewer)
    found = queries.row(viewer, uid)
    words = readable(reason, what="The reason", limit=rules.MAX_WORDS)
    kept = wording.keep(words, shelf.sealer(Uid(found.engagement.uid)), context=queries.reason_context(uid))
    with journal.transaction():
        row = recording.locked(uid)
        rules.check_may_settle(State(row.state))
        _check(row, state, shown=digest, is_waived=waives_licence, now=now)
        row.is_licence_waived = waives_licence and not is_open(row.licence)
        row.reason = kept.sealed
        recording.settle(row, state, by=viewer.row, now=now)
        told: Fields = {"is_licence_waived": row.is_licence_waived, "reason": str(kept.digest)}
        recording.record(row, state.value, viewer.uid.text, now=now, told=told)
        recording.tell_visitor(row, now)
    if state == State.REFUSED:
        recording.tidy(Uid(found.organisation.uid))


def _check(row: Brought, state: State, *, shown: Digest, is_waived: bool, now: datetime) -> None:
    digest = Digest(bytes(row.digest))
    if state == State.REFUSED:
        rules.check_is_shown(shown, digest)
        return
    check_open(closed_at=row.engagement.closed_at, ends=row.engagement.ends, now=now)
    rules.check_may_admit(shown=shown, digest=digest, trial=Trial(row.trial), licence=row.licence, is_waived=is_waived)
