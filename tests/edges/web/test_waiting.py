# SPDX-License-Identifier: Apache-2.0
"""What home says that waits: each line for whoever does it, and gone when it is done."""

from datetime import timedelta

from glasshouse.domain.engagements import commands as engagements
from glasshouse.domain.engagements.values import Vetting
from glasshouse.domain.findings.values import Severity, Step
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands
from glasshouse.domain.releases import reliances
from glasshouse.domain.sites import commands as sites
from glasshouse.domain.threads import commands as threads
from glasshouse.edges.web.waiting import waiting_for
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from tests.domain.engagements.steps import ask, clear, publish, vetted
from tests.domain.sites.place import MORNING, arrival, settle
from tests.edges.web.conftest import Browse
from tests.lab import FILES, MAIN, NOW, House, add, next_version


def said(viewer: Viewer, *, hours: float = 0) -> list[str]:
    """What waits for somebody, so long after NOW."""
    return [one.what for one in waiting_for(viewer, NOW + timedelta(hours=hours))]


def test_terms_wait_to_be_published_by_the_lab_manager_alone(house: House) -> None:
    everybody = (house.cast.manager, house.cast.custodian, house.cast.reviewer)
    waits = "2 texts of the terms to publish, before an engagement can open"
    assert [said(one) for one in everybody] == [[waits], [], []]
    publish(house)
    assert said(house.cast.manager) == []


def test_a_request_waits_for_whoever_takes_its_next_step(house: House) -> None:
    cast, release = house.cast, house.take()
    publish(house)
    ask(house)
    everybody = (cast.manager, cast.custodian, cast.officer, cast.reviewer)
    assert [said(one) for one in everybody] == [["1 request to vet"], ["1 request to vet"], [], []]
    uid = vetted(house, release)
    assert [said(one) for one in everybody[1:3]] == [["1 request to vet"], ["1 export decision to take"]]
    clear(house, uid)
    assert said(cast.manager) == ["1 request to vet", "1 request to put up for opening"]
    assert said(cast.officer) == []
    engagements.propose_opening(cast.manager, uid, now=NOW)
    assert said(cast.custodian) == ["1 request to vet"]


def test_nobody_is_sent_to_decide_on_the_export_of_what_they_vetted(house: House) -> None:
    both = add("both@vendor.example", "Vendor", Role.CUSTODIAN, Role.EXPORT_OFFICER, is_vendor=True)
    uid = ask(house)
    vetting = Vetting(releases=(Uid(house.take().uid),))
    engagements.vet(both, uid, vetting, now=NOW)
    assert said(both) == []
    assert said(house.cast.officer) == ["1 export decision to take"]


def test_questions_and_findings_wait_for_the_side_whose_word_is_next(house: House) -> None:
    owner = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    assessor = add("assessor@vendor.example", "Vendor", Role.ASSESSOR, is_vendor=True)
    desk = house.desk()
    shown = commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 9), now=NOW)
    at = (desk.viewer, desk.grant, shown.view.recorded.uid)
    question = commands.ask_question(*at, "Why?", span=Span(1, 2), now=NOW)
    note = commands.write_note(*at, "Odd.", span=Span(3, 4), now=NOW)
    finding = commands.raise_from_note(desk.viewer, note, "Odd", Severity.LOW, "So.", now=NOW)
    assert [(one.what, one.due) for one in waiting_for(owner, NOW)] == [
        ("1 question to answer", NOW + timedelta(hours=72)),
        ("1 finding to reply to", NOW + timedelta(hours=120)),
    ]
    assert said(house.cast.manager) == said(desk.viewer) == []

    threads.escalate(question, 1, now=NOW + timedelta(hours=73))
    (late,) = waiting_for(house.cast.manager, NOW + timedelta(hours=73))
    assert (late.what, late.late) == ("1 question to answer", 1)
    commands.reply_to_question(owner, question, "So.", now=NOW + timedelta(hours=74))
    assert said(house.cast.manager) == []
    (answered,) = waiting_for(desk.viewer, NOW)
    assert (answered.what, answered.due, answered.late) == ("1 question answered", None, 0)

    commands.move_finding(owner, finding, Step.CONFIRM, "True.", now=NOW)
    assert said(owner) == said(assessor) == []
    commands.move_finding(owner, finding, Step.FIX, "Here.", release=desk.release.text, now=NOW)
    assert said(assessor) == ["1 reply to judge"]
    assert said(desk.viewer) == ["1 question answered", "1 reply to judge"]
    assert said(house.cast.colleague) == said(house.cast.stranger) == []


def test_a_custodian_is_told_of_the_door_and_of_grants_that_stand_still(house: House) -> None:
    custodian, place = house.cast.custodian, settle(house)
    publish(house)
    booking = place.book()
    assert said(custodian) == []
    assert said(custodian, hours=0.5) == ["1 visitor to let in, Brussels, Room 1"]
    assert said(house.cast.manager, hours=0.5) == []
    came = arrival(place, booking)
    assert said(custodian, hours=1) == []
    assert said(custodian, hours=3) == ["1 visitor to see out"]
    sites.depart(custodian, Uid(came.uid), now=MORNING, returned=True)
    assert said(custodian, hours=3) == []


def test_what_lapsed_waits_for_whoever_concluded_it_under_a_grant_that_shows_it(house: House) -> None:
    first = house.take()
    desk = house.seat(house.cast.reviewer, first, house.take("2", next_version(FILES)))
    commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 40), now=NOW)
    for lines in (Span(1, 5), Span(18, 22)):
        commands.mark_read(desk.viewer, desk.grant, desk.release, MAIN, span=lines, now=NOW)
    assert said(desk.viewer) == []
    reliances.judge(Uid(first.product.uid), now=lambda: NOW)
    assert said(desk.viewer) == ["1 conclusion lapsed with server 2"]
    assert said(house.cast.colleague) == []
    commands.revoke_grant(house.cast.manager, desk.grant, now=NOW)
    assert said(desk.viewer) == []


def test_home_says_it_with_a_way_there(house: House, browser_of: Browse) -> None:
    uid = ask(house)
    page = browser_of(house.cast.custodian).get("/").content.decode()
    assert f'<a href="/requests/{uid}/">1 request to vet</a>' in page


def test_an_auditor_reads_what_was_decided_and_nothing_that_the_visitor_wrote(house: House, browser_of: Browse) -> None:
    release = house.take()
    publish(house)
    uid = vetted(house, release)
    auditor = add("auditor@vendor.example", "Vendor", Role.AUDITOR, is_vendor=True)
    client = browser_of(auditor)
    assert "waits for the export decision" in client.get("/engagements/").content.decode()
    page = client.get(f"/requests/{uid}/").content.decode()
    assert "Vetted" in page
    assert "Sealed" in page
    assert "To see what parses what." not in page
    assert "To see what parses what." in browser_of(house.cast.officer).get(f"/requests/{uid}/").content.decode()
    assert client.get("/engagements/counts").status_code == 200
    for step in ("vet", "export", "refuse", "propose", "withdraw"):
        assert client.post(f"/requests/{uid}/{step}").status_code in {403, 404}, step
