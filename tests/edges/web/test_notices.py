# SPDX-License-Identifier: Apache-2.0
"""The inbox's pages: a notice leads where its person may go, and to nobody else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from glasshouse.domain.engagements.models import Request
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.notices import commands
from glasshouse.domain.notices.models import Notice
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.releases import reliances
from glasshouse.engines.mail import MailServer, Security
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from tests.domain.engagements.steps import ask
from tests.domain.sites.place import settle
from tests.edges.web.conftest import Browse
from tests.lab import FILES, MAIN, NOW, House, next_version


def test_each_notice_leads_to_a_page_that_its_person_may_see(house: House, browser_of: Browse) -> None:
    desk = house.seat(house.cast.reviewer, house.take("1"), house.take("2", next_version(FILES)))
    readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 40), now=NOW)
    readingroom.mark_read(desk.viewer, desk.grant, desk.release, MAIN, now=NOW)
    reliances.judge(Uid(desk.taken[0].product.uid), now=lambda: NOW, lapsed=readingroom.tell_of_lapses)
    readingroom.ask_for_more(desk.viewer, desk.grant, "hour", now=NOW)
    settle(house).book()
    cast, led = house.cast, set()
    for viewer in (cast.reviewer, cast.manager, cast.custodian, cast.officer):
        client = browser_of(viewer)
        for notice in Notice.objects.filter(person_id=viewer.row):
            leads = client.post(f"/inbox/{notice.uid}/").headers["Location"]
            assert client.get(leads, follow=True).status_code == 200, (viewer.name, notice.kind)
            led.add(notice.route)
    assert led == {"booking", "conclusions-of", "engagement", "engagement-sign", "proposal", "request"}


def told(house: House, route: str) -> str:
    """Tell the reviewer of something that is not there, and return the notice's address."""
    with journal.transaction():
        journal.record("tests.happened", actor="operator:tests", at=NOW)
        commands.tell([house.cast.reviewer.row], "threads.asked", subject=Uid.new(), route=route, now=NOW)
    return f"/inbox/{Notice.objects.get(route=route).uid}/"


def test_a_notice_whose_subject_is_gone_leads_to_not_found_and_is_seen(house: House, browser_of: Browse) -> None:
    client, address = browser_of(house.cast.reviewer), told(house, "question")
    assert client.get(client.post(address).headers["Location"]).status_code == 404
    assert "1 notice" not in client.get("/inbox/").content.decode()


def test_a_notice_of_a_page_that_there_is_no_more_answers_not_found(house: House, browser_of: Browse) -> None:
    assert browser_of(house.cast.reviewer).post(told(house, "page-of-before")).status_code == 404


@pytest.mark.parametrize("who", ["colleague", "manager", "stranger"])
def test_nobody_opens_anothers_notice(house: House, browser_of: Browse, who: str) -> None:
    address = told(house, "question")
    assert browser_of(getattr(house.cast, who)).post(address).status_code == 404
    assert Notice.objects.get(route="question").seen_at is None


def test_a_person_turns_mail_off_and_on_again(house: House, browser_of: Browse) -> None:
    client = browser_of(house.cast.reviewer)
    assert "This lab sends no mail" in client.get("/me/mail").content.decode()
    assert "You would get mail of every notice" in client.get("/me/mail").content.decode()
    assert client.post("/me/mail", {"wanted": "no"}).status_code == 302
    page = client.get("/me/mail").content.decode()
    assert "You would get mail only of what a clock runs on" in page
    assert "are mailed in any case" in page
    assert "mail of every notice" in browser_of(house.cast.colleague).get("/me/mail").content.decode()
    client.post("/me/mail", {"wanted": "yes"})
    assert "You would get mail of every notice" in client.get("/me/mail").content.decode()


def test_a_lab_that_sends_mail_says_so(house: House, browser_of: Browse, settings: Settings) -> None:
    server = MailServer("127.0.0.1", 25, Security.NONE, "lab@vendor.example")
    settings.GLASSHOUSE = replace(settings.GLASSHOUSE, mail=server)
    page = browser_of(house.cast.reviewer).get("/me/mail").content.decode()
    assert "You get mail of every notice" in page
    assert "This lab sends no mail" not in page


def test_what_is_overdue_stands_on_a_page_of_the_offices(house: House, browser_of: Browse) -> None:
    uid = ask(house)
    Request.objects.filter(uid=uid.text).update(asked_at=NOW - timedelta(days=30))
    page = browser_of(house.cast.manager).get("/overdue").content.decode()
    assert "The answer to a request is late" in page
    assert f"/requests/{uid}/" in page
    assert "Review of a product, Regulator A" in page, "one late request is told from another"
    assert "This lab sends no mail" in page
    assert browser_of(house.cast.reviewer).get("/overdue").status_code == 404
