# SPDX-License-Identifier: Apache-2.0
"""The outbox: notices that wait to be told by mail, taken as one letter a person, and marked by what came of it.

A *posting* is written with its notice, in the transaction of what both tell of. Whoever delivers *takes* what waits for
one person, which leases it to them alone, and says what came of it. A letter whose deliverer died between the server's
word and the mark goes out again: a person may be told twice, and never not at all.

Nothing here rests on a clock that only runs forward: a lease or a delay that lies further ahead than any can be given
is over, and what is given up is given up after so many attempts, not at a time.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Min, Q, QuerySet

from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.jobs import queries as jobs_queries
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.values import Fields
from glasshouse.domain.notices.kinds import KINDS, Matter
from glasshouse.domain.notices.models import Notice, Posting, PostingState, Silence
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.queries import office
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.ids import Uid

MAIL: Final = "notices.mail"
"""The kind of the jobs that deliver."""
GATHER: Final = timedelta(minutes=3)
"""How long a notice waits for others, so that many make one letter."""
LEASE: Final = timedelta(minutes=5)
MAX_ATTEMPTS: Final = 24
"""About three days of a server that does not answer."""
FAILED: Final = "notices.mail-failed"
_FIRST_PAUSE: Final = timedelta(minutes=5)
_LONGEST_PAUSE: Final = timedelta(hours=4)
_WORKER: Final = "operator:worker"


@dataclass(frozen=True, slots=True)
class Taken:
    """What waits for one person, leased to whoever took it. `oldest` and `count` name it again should it be resent."""

    lease: Uid
    person: Uid
    address: str
    matters: Sequence[Matter]
    oldest: Uid
    count: int


def post(made: Sequence[Notice], kind: str, *, now: datetime) -> None:
    """Put notices into the outbox, inside their transaction; nothing where there is no mail or nobody wants it."""
    if settings.GLASSHOUSE.mail is None or not KINDS[kind].is_mailed:
        return
    silent: Collection[int] = ()
    if not KINDS[kind].has_clock:
        rows = Silence.objects.filter(person__in=[one.person_id for one in made])
        silent = set(rows.values_list("person", flat=True))
    due = now + GATHER
    postings = [
        Posting(notice=one, person_id=one.person_id, not_before=due) for one in made if one.person_id not in silent
    ]
    Posting.objects.bulk_create(postings)
    if postings:
        _wind(due, now)


def take(*, now: datetime) -> Taken | None:
    """Lease everything that waits for the person whose turn it is; None when nobody's is."""
    while True:
        with journal.transaction():
            rows = Posting.objects.filter(_is_due(now), _is_free(now), state=PostingState.WAITING)
            first = rows.select_related("person").order_by("not_before", "pk").first()
            if first is None:
                return None
            person = first.person
            waiting = Posting.objects.filter(_is_free(now), state=PostingState.WAITING, person=person)
            if not person.is_active:
                waiting.update(state=PostingState.DROPPED, ended_at=now)
                continue
            lease = Uid.new()
            # The condition in the UPDATE decides between two workers.
            if not waiting.update(lease=lease.text, leased_until=now + LEASE):
                continue
            leased = list(_leased(lease).select_related("notice").order_by("pk"))
        told = dict.fromkeys(KINDS[one.notice.kind].matter for one in leased if one.notice.kind in KINDS)
        return Taken(lease, Uid(person.uid), person.email, list(told), Uid(leased[0].notice.uid), len(leased))


def delivered(taken: Taken, *, now: datetime) -> None:
    """Say that the server took the letter; what was taken away meanwhile is left to who has it."""
    with journal.transaction():
        rows = _leased(taken.lease)
        if count := rows.update(state=PostingState.SENT, ended_at=now, leased_until=None):
            _record("notices.mailed", taken, {"notices": count}, now)


def refused(taken: Taken, answer: int, *, is_final: bool, now: datetime) -> None:
    """Say that the server did not take this letter: it is tried again later, or for good is not."""
    with journal.transaction():
        rows = _leased(taken.lease)
        if not is_final:
            _put_off(rows, answer, now)
        elif rows.update(state=PostingState.REFUSED, answer=answer, ended_at=now, leased_until=None):
            _record("notices.mail-refused", taken, {"answer": answer}, now)
            _tell_of_failure(taken.person, now)


def put_off_all(taken: Taken, *, now: datetime) -> None:
    """Say that the server takes no mail at all: what was taken, and whatever else is due, is tried again later."""
    with journal.transaction():
        due = Posting.objects.filter(_is_due(now), _is_free(now), state=PostingState.WAITING)
        _put_off(due, 0, now)
        _put_off(_leased(taken.lease), 0, now)


def go_on(*, now: datetime) -> None:
    """Ask for the next delivery where something waits: also for what a worker that died left behind."""
    if settings.GLASSHOUSE.mail is None:
        return
    with journal.transaction():
        waiting = Posting.objects.filter(state=PostingState.WAITING)
        free = waiting.filter(_is_free(now)).aggregate(first=Min("not_before"))["first"]
        leased = waiting.exclude(_is_free(now)).aggregate(first=Min("leased_until"))["first"]
        due = min((one for one in (free, leased) if one is not None), default=None)
        if due is not None:
            _wind(min(max(due, now), now + _LONGEST_PAUSE), now)


def set_mail(viewer: Viewer, *, wanted: bool, now: datetime) -> None:
    """Say whether the viewer wants mail of what no clock runs on; of the rest it comes in any case."""
    with journal.transaction():
        if wanted:
            changed = Silence.objects.filter(person_id=viewer.row).delete()[0]
        else:
            changed = Silence.objects.get_or_create(person_id=viewer.row, defaults={"since": now})[1]
        if changed:
            journal.record("notices.mail-set", actor=viewer.uid.text, at=now, personal={"wanted": wanted})


def _wind(due: datetime, now: datetime) -> None:
    if not jobs_queries.is_waiting(MAIL, by=due):
        jobs.ask(MAIL, {}, actor=_WORKER, now=now, not_before=due)


def _is_due(now: datetime) -> Q:
    return Q(not_before__lte=now) | Q(not_before__gt=now + _LONGEST_PAUSE)


def _is_free(now: datetime) -> Q:
    return Q(leased_until=None) | Q(leased_until__lte=now) | Q(leased_until__gt=now + LEASE)


def _leased(lease: Uid) -> QuerySet[Posting]:
    return Posting.objects.filter(lease=lease.text, state=PostingState.WAITING)


def _put_off(rows: Iterable[Posting], answer: int, now: datetime) -> None:
    """Try these again later, each after its own number of attempts; what was only taken along keeps its turn."""
    given_up = set()
    for row in rows:
        row.leased_until = None
        if not now < row.not_before <= now + _LONGEST_PAUSE:
            row.attempts += 1
            row.answer = answer
            row.not_before = now + min(_FIRST_PAUSE * 2 ** (row.attempts - 1), _LONGEST_PAUSE)
        if row.attempts >= MAX_ATTEMPTS:
            row.state, row.ended_at = PostingState.GIVEN_UP, now
            given_up.add(row.person_id)
        row.save(update_fields=["leased_until", "attempts", "answer", "not_before", "state", "ended_at"])
    for person in Person.objects.filter(pk__in=given_up):
        journal.record("notices.mail-given-up", actor=_WORKER, at=now, subject=Uid(person.uid))
        _tell_of_failure(Uid(person.uid), now)


def _tell_of_failure(person: Uid, now: datetime) -> None:
    """Tell who runs the house, in their inbox alone; who has not seen the last such notice is told nothing new."""
    told = Notice.objects.filter(kind=FAILED, seen_at=None).values_list("person", flat=True)
    Notice.objects.bulk_create(
        Notice(uid=Uid.new().text, person_id=one, kind=FAILED, subject=person.text, route="overdue", at=now)
        for one in sorted(office(Role.CUSTODIAN, Role.LAB_MANAGER) - set(told))
    )


def _record(kind: str, taken: Taken, fields: Fields, now: datetime) -> None:
    journal.record(kind, actor=_WORKER, at=now, subject=taken.person, fields=fields)
