# SPDX-License-Identifier: Apache-2.0
"""Doing jobs: claim, work under a heartbeat, answer with the token. What a kind does is one function here."""

import gc
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import close_old_connections

from glasshouse.domain.admissions import commands as admissions
from glasshouse.domain.deadlines import commands as deadlines
from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.jobs import queries
from glasshouse.domain.jobs.errors import StaleTokenError
from glasshouse.domain.journal import audit
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.measures import commands as measures
from glasshouse.domain.measures.queries import MEASURE
from glasshouse.domain.notices import mailing
from glasshouse.domain.people import commands as people
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.releases import commands as releases
from glasshouse.domain.releases import queries as release_queries
from glasshouse.domain.releases import reliances
from glasshouse.domain.scans import asking as scans
from glasshouse.domain.scans import checking
from glasshouse.domain.sites import commands as sites
from glasshouse.domain.threads import commands as threads
from glasshouse.domain.triage import commands as triage
from glasshouse.edges.worker import delivering, segmenting
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.memory import give_free_back
from glasshouse.kernel.stopping import Stop

log = logging.getLogger("glasshouse.worker")
IDLE = 1.0
A_DAY = timedelta(days=1)
DAILY = ("journal.audit", "lab.retention")
LOOK_SECONDS = 3600.0
Arguments = Mapping[str, str | int]
Report = Callable[[int, int], None]


class AuditFailedError(Exception):
    """The lab's check of itself found something; the message says what."""


def audit_lab(arguments: Arguments, report: Report) -> str:
    """Check the journal, the log and the packs of releases and of what tools said; raise with what differs."""
    del arguments  # it is of the whole lab
    findings = [*audit.audit_tree(), *audit.audit_order()]
    parts = audit.parts()
    for done, (first, stop) in enumerate(parts):
        findings += audit.audit_rows(first, stop)
        report(done + 1, len(parts))
    damages = 0
    for row in release_queries.all_releases().filter(product__destroyed_at=None):
        damages += len(checking.check(release_queries.ref(row), lambda _f, _b: report(0, 0)).damages)
    if findings or damages:
        first_message = findings[0].message if findings else f"{damages} packs or files are damaged"
        raise AuditFailedError(f"{len(findings) + damages} findings; the first: {first_message}")
    return f"{parts[-1][1] if parts else 0:,} entries agree with the log"


def publish_site(arguments: Arguments, report: Report) -> str:
    """Write the public site to the lab's folder `public`, by the edge that may know nothing else."""
    del arguments  # there is one site
    report(0, 1)
    target = settings.GLASSHOUSE.home / "public"
    subprocess.run(
        [sys.executable, "-m", "glasshouse.edges.export", "--to", str(target)],
        check=True,
        timeout=600,
        stdout=subprocess.DEVNULL,
    )
    return "the public site is written"


def index_release(arguments: Arguments, report: Report) -> str:
    """Index the documents that a release brought, or that a product's index lacks."""
    product = Uid(str(arguments["product"]))
    with segmenting.builder() as build:
        documents = releases.index(
            product,
            release=str(arguments.get("release", "")),
            damaged=str(arguments.get("segment", "")),
            build=build,
            report=report,
        )
    return f"{documents:,} documents came to the index"


def run_saved_searches(arguments: Arguments, report: Report) -> str:
    """Run a product's saved searches on what is new to them; the message tells counts of runs, never of lines."""
    product = Uid(str(arguments["product"]))
    runs = readingroom.run_saved_searches(product, now=clock.now, report=report)
    return f"{runs:,} runs of saved searches"


def look_for_symbols(arguments: Arguments, report: Report) -> str:
    """Look for the symbols of what a product's releases brought, and have measured what was not."""
    said = releases.look_for_symbols(Uid(str(arguments["product"])), report=report)
    measures.ask_for_missing(actor="operator:worker", now=clock.now())
    return said


def measure_product(arguments: Arguments, report: Report) -> str:
    """Measure those of a product's releases that were not."""
    product = Uid(str(arguments["product"]))
    return str(measures.measure(product, actor="operator:worker", now=clock.now, report=report))


def look_at_deadline(arguments: Arguments, report: Report) -> str:
    """Say that an answer is late, if it is."""
    report(0, 1)
    is_late = threads.escalate(Uid(str(arguments["thread"])), int(arguments["turn"]), now=clock.now())
    return "an answer is late; who manages the lab was told" if is_late else "answered in time"


def judge_reliances(arguments: Arguments, report: Report) -> str:
    """Judge what a product's newer releases leave of the conclusions on older ones."""
    product = Uid(str(arguments["product"]))
    counts = reliances.judge(product, now=clock.now, report=report, lapsed=_tell_of_lapses)
    return ", ".join(f"{count:,} {outcome.label}" for outcome, count in counts.items())


def _tell_of_lapses(release: Uid, subjects: Sequence[Uid], now: datetime) -> None:
    readingroom.tell_of_lapses(release, subjects, now)
    triage.tell_of_lapses(release, subjects, now)


def try_what_was_brought(arguments: Arguments, report: Report) -> str:
    """Try what a visitor handed in, in the sandbox."""
    report(0, 1)
    tried = admissions.attempt(Uid(str(arguments["brought"])), now=clock.now())
    return f"its trial: {tried.outcome.label}" if tried else "it waits no more"


def forget_past(arguments: Arguments, report: Report) -> str:
    """Forget what is personal and older than houses and settings keep it."""
    del arguments  # it is of the whole lab
    report(0, 3)
    brought = admissions.end_over(now=clock.now())
    report(1, 3)
    gone = sites.forget_past("operator:worker", now=clock.now())
    report(2, 3)
    signed_in = people.forget_sign_ins("operator:worker", now=clock.now())
    people_gone = f"{gone.arrivals:,} arrivals, {gone.expected:,} expected visitors, {signed_in:,} sign-ins forgotten"
    return f"{people_gone}; {brought:,} brought things over"


def deliver_mail(arguments: Arguments, report: Report) -> str:
    """Hand in what waits in the outbox."""
    del arguments  # there is one outbox
    return delivering.deliver(report)


def look_at_clocks(arguments: Arguments, report: Report) -> str:
    """Call for whatever is due, and see that mail goes on."""
    del arguments  # all clocks are looked at
    mailing.go_on(now=clock.now())
    return f"{deadlines.look(now=clock.now(), report=report):,} calls"


KINDS: dict[str, Callable[[Arguments, Report], str]] = {
    "journal.audit": audit_lab,
    "lab.retention": forget_past,
    "publication.site": publish_site,
    admissions.TRY: try_what_was_brought,
    releases.INDEX: index_release,
    releases.SYMBOLS: look_for_symbols,
    MEASURE: measure_product,
    reliances.RELIANCE: judge_reliances,
    readingroom.RERUN: run_saved_searches,
    threads.DEADLINE: look_at_deadline,
    mailing.MAIL: deliver_mail,
    deadlines.LOOK: look_at_clocks,
}

_LARGE: Final = frozenset({"journal.audit", releases.INDEX, releases.SYMBOLS, MEASURE, reliances.RELIANCE})
"""Jobs that go through whole products; what they remember is of no use to the next."""


def run_for_ever(stop: Stop) -> None:
    """Do whatever is due until told to stop."""
    releases.destroy_marked_keys()
    releases.ask_for_missing_indexes(actor="operator:worker", now=clock.now())
    readingroom.ask_for_missing_runs(actor="operator:worker", now=clock.now())
    measures.ask_for_missing(actor="operator:worker", now=clock.now())
    mailing.go_on(now=clock.now())
    looked = -LOOK_SECONDS
    while not stop.is_set:
        try:
            for kind in DAILY:
                _ask_daily(kind)
            looked = ask_for_look(looked)
            is_idle = not run_one()
        except DatabaseFault as error:
            log.warning("the queue of jobs cannot be read: %s", error)
            close_old_connections()
            is_idle = True
        if is_idle:
            stop.wait(IDLE)


def run_one() -> bool:
    """Do one job that is due; return whether there was one."""
    held = jobs.claim(now=clock.now(), besides=scans.KINDS)
    if held is None:
        return False
    last = clock.now()

    def report(done: int, of: int) -> None:
        nonlocal last
        if clock.now() - last > jobs.LEASE / 10:
            last = clock.now()
            jobs.beat(held, now=last, done=done, of=of)

    try:
        _do(held, report)
    except StaleTokenError:
        log.warning("job %s went to another worker", held.uid)
    if held.kind in _LARGE:
        releases.forget()
        gc.collect()
    give_free_back()
    return True


def _do(held: jobs.Claim, report: Report) -> None:
    try:
        message = KINDS[held.kind](held.arguments, report)
    except StaleTokenError:
        raise
    except AuditFailedError as error:
        jobs.fail(held, str(error), now=clock.now())
    except Exception as error:  # one job must not end the loop; its report says what it was
        log.exception("job %s of kind %s failed", held.uid, held.kind)
        jobs.fail(held, f"{type(error).__name__}; the operator's log has the rest", now=clock.now())
    else:
        jobs.finish(held, message, now=clock.now())


def ask_for_look(looked: float) -> float:
    """Ask for a look at the clocks once an hour of running, whatever a clock says; return when it was asked for."""
    running = time.monotonic()
    if running - looked < LOOK_SECONDS:
        return looked
    now = clock.now()
    if not queries.is_waiting(deadlines.LOOK, by=now):
        with journal.transaction():
            jobs.ask(deadlines.LOOK, {}, actor="operator:worker", now=now)
    return running


def _ask_daily(kind: str) -> None:
    now = clock.now()
    last = queries.last_ended(kind)
    if queries.is_pending(kind) or (last and last.ended_at and now - last.ended_at < A_DAY):
        return
    with journal.transaction():
        jobs.ask(kind, {}, actor="operator:worker", now=now)
