# SPDX-License-Identifier: Apache-2.0
"""Scans by brought rules: their organisation's alone, from the asking to the journal and the cache."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from glasshouse.domain.access.values import USUAL, Purpose
from glasshouse.domain.admissions import commands, scanning
from glasshouse.domain.admissions.errors import NotAdmittedError, NotBroughtError
from glasshouse.domain.admissions.values import Kind
from glasshouse.domain.detections.models import Report
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.people.values import Role
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.readingroom.errors import NoTierError
from glasshouse.domain.releases import vault
from glasshouse.domain.scans import asking, performing, queries, reproducing, results, surveying
from glasshouse.domain.scans.errors import NotReproducibleError, ScanUnknownError
from glasshouse.domain.scans.models import End, Scan, ScanRun
from glasshouse.domain.scans.performing import Watch
from glasshouse.domain.scans.tools import installing
from glasshouse.domain.scans.working import Ways
from glasshouse.engines import fanout
from glasshouse.kernel.errors import NotFoundError, RefusedError
from glasshouse.kernel.ids import Uid
from tests.domain.admissions.bringing import RULES, SECRET, admit, bring, oci
from tests.lab import NOW, Desk, House, add
from tests.plaintext import Search

TOOLS = USUAL | {Purpose.TOOLS}


def arrange(house: House) -> Desk:
    """Let the reviewer sit down with a grant to run tools."""
    return house.seat(house.cast.reviewer, house.take(), purposes=TOOLS)


@pytest.fixture(scope="module")
def ways() -> Iterator[Ways]:
    with fanout.local(workers=1) as compute:
        yield Ways(installing.standard_folder(), compute)


@pytest.fixture
def seen(desk: Desk) -> Desk:
    """The lab has looked at its tool."""
    surveying.look(installing.standard_folder(), ["ast-grep"], now=NOW)
    return desk


def perform(ways: Ways, scan: Scan) -> Scan:
    """Run a scan as its worker does."""
    uid = Uid(scan.uid)
    with results.sole_writer(asking.product_of(uid)):
        given = scanning.given_for(uid, now=lambda: NOW)
        watch = Watch(lambda _tool, _done, _of: None, lambda: None, lambda: NOW)
        performing.perform(uid, "operator:worker", ways, watch, given)
    scan.refresh_from_db()
    return scan


def scanned(house: House, seen: Desk, ways: Ways) -> tuple[Uid, Scan]:
    uid = bring(house)
    admit(house, uid)
    started = readingroom.start_brought_scan(seen.viewer, seen.grant, seen.release, uid, now=NOW)
    return uid, perform(ways, started.scan)


def test_what_its_rules_find_is_the_organisations_alone(house: House, seen: Desk, ways: Ways) -> None:
    _, scan = scanned(house, seen, ways)
    assert (scan.end, scan.party) == (End.WHOLE, house.cast.reviewer.organisation.text)
    report = Report.objects.get()
    assert report.party == scan.party
    assert report.counts["results"] > 0
    owner = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    for viewer in (owner, house.cast.manager, house.cast.custodian):
        with pytest.raises(ScanUnknownError):
            queries.scan(viewer, Uid(scan.uid))


def test_the_vendor_reads_that_a_run_took_place_and_no_figure_of_it(house: House, seen: Desk, ways: Ways) -> None:
    before = Event.objects.count()
    scanned(house, seen, ways)
    told = Event.objects.order_by("pk")[before:]
    kinds = {"scans.begun", "scans.ended", "scans.finished", "detections.report-taken"}
    assert kinds <= {one.kind for one in told}
    for one in told:
        if one.kind in kinds:
            assert journal.open_event(one, vault.journal_sealer).fields.keys() <= {"head", "actor", "chain"}
            assert journal.open_event(one, vault.journal_sealer, classes=[SeedClass.VISITOR]).fields
    assert not Search([SECRET.encode()]).files(settings.GLASSHOUSE.home)
    assert not Search([SECRET.encode()]).rows()


def test_the_second_time_nothing_is_looked_at_again(house: House, seen: Desk, ways: Ways) -> None:
    uid, first = scanned(house, seen, ways)
    again = readingroom.start_brought_scan(seen.viewer, seen.grant, seen.release, uid, now=NOW)
    assert again.scan.pk != first.pk
    perform(ways, again.scan)
    run = ScanRun.objects.order_by("-pk")[0]
    assert (run.cached, run.files) == (run.files, run.files)


def test_the_same_rules_of_another_organisation_find_nothing_known(house: House, seen: Desk, ways: Ways) -> None:
    scanned(house, seen, ways)
    theirs = house.seat(house.cast.stranger, *seen.taken, purposes=TOOLS)
    uid = bring(house, viewer=house.cast.stranger)
    admit(house, uid)
    started = readingroom.start_brought_scan(theirs.viewer, theirs.grant, theirs.release, uid, now=NOW)
    perform(ways, started.scan)
    run = ScanRun.objects.order_by("-pk")[0]
    assert (run.cached, run.files > 0) == (0, True)
    assert {one.party for one in Report.objects.all()} == {
        house.cast.reviewer.organisation.text,
        house.cast.stranger.organisation.text,
    }
    assert all(one.base is None for one in Report.objects.all())


def test_rules_that_are_withdrawn_midway_end_the_scan_early(house: House, seen: Desk, ways: Ways) -> None:
    uid = bring(house)
    admit(house, uid)
    started = readingroom.start_brought_scan(seen.viewer, seen.grant, seen.release, uid, now=NOW)
    given = scanning.given_for(Uid(started.scan.uid), now=lambda: NOW)
    assert given is not None
    commands.withdraw(seen.viewer, uid, now=NOW)
    assert not given.may_go_on()
    watch = Watch(lambda _tool, _done, _of: None, lambda: None, lambda: NOW)
    performing.perform(Uid(started.scan.uid), "operator:worker", ways, watch, given)
    started.scan.refresh_from_db()
    assert started.scan.end == End.PARTIAL
    assert not Report.objects.exists()
    with pytest.raises(NotAdmittedError):
        scanning.given_for(Uid(started.scan.uid), now=lambda: NOW)


def test_nothing_starts_without_admission_purpose_or_the_same_engagement(house: House, seen: Desk) -> None:
    uid = bring(house)
    with pytest.raises(NotAdmittedError):
        readingroom.start_brought_scan(seen.viewer, seen.grant, seen.release, uid, now=NOW)
    admit(house, uid)
    with pytest.raises(NotFoundError):
        readingroom.start_brought_scan(house.cast.stranger, seen.grant, seen.release, uid, now=NOW)
    theirs = house.seat(house.cast.stranger, *seen.taken, purposes=TOOLS)
    with pytest.raises(NotBroughtError):
        readingroom.start_brought_scan(theirs.viewer, theirs.grant, theirs.release, uid, now=NOW)
    reading = house.grant(*seen.taken)
    with pytest.raises(RefusedError):
        readingroom.start_brought_scan(seen.viewer, reading, seen.release, uid, now=NOW)


def test_a_tool_is_admitted_and_does_not_start(house: House, seen: Desk) -> None:
    uid = bring(house, oci(), Kind.IMAGE)
    admit(house, uid)
    with pytest.raises(NoTierError, match="runsc"):
        readingroom.start_brought_scan(seen.viewer, seen.grant, seen.release, uid, now=NOW)
    assert not Scan.objects.exists()


def test_the_operator_does_not_do_it_again_without_its_visitor(house: House, seen: Desk, ways: Ways) -> None:
    scanned(house, seen, ways)
    with pytest.raises(NotReproducibleError, match="visitor"):
        reproducing.reproduce("operator:tests", Uid(ScanRun.objects.get().uid), ways, now=NOW)


def test_other_rules_are_another_tool_whose_silence_says_nothing(house: House, seen: Desk, ways: Ways) -> None:
    scanned(house, seen, ways)
    uid = bring(house, RULES.replace(b"int $A;", b"long $A;"))
    admit(house, uid)
    started = readingroom.start_brought_scan(seen.viewer, seen.grant, seen.release, uid, now=NOW)
    perform(ways, started.scan)
    first, second = Report.objects.order_by("pk")
    assert second.base is None
    assert first.tool != second.tool


def test_coverage_tells_what_tools_analysed_to_those_whose_scan_it_is(house: House, seen: Desk, ways: Ways) -> None:
    def scanned_files(desk: Desk) -> int | None:
        shown = readingroom.open_coverage(desk.viewer, desk.grant, desk.release, None, now=NOW)
        return shown.coverage.whole.scanned

    assert scanned_files(seen) is None
    scanned(house, seen, ways)
    assert scanned_files(seen) == ScanRun.objects.get().counts["analysed"]
    assert scanned_files(house.seat(house.cast.stranger, *seen.taken, purposes=TOOLS)) is None
    narrow = house.grant(*seen.taken, purposes=TOOLS, patterns=("docs/**",))
    shown = readingroom.open_coverage(seen.viewer, narrow, seen.release, None, now=NOW)
    assert shown.coverage.whole.scanned == 0
    reading = house.grant(*seen.taken)
    shown = readingroom.open_coverage(seen.viewer, reading, seen.release, None, now=NOW)
    assert shown.coverage.whole.scanned is None
