# SPDX-License-Identifier: Apache-2.0
"""A real worker is killed between the server's word and its own mark: one letter may come twice, none is lost."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.edges.running import RunningLab
from tests.edges.worker.nursery import wait_for
from tests.engines.mail.post_office import SENDER, PostOffice, opened

PEOPLE = 4
TELL = """
import json, sys, django
django.setup()
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.notices import commands as notices
from glasshouse.domain.people import commands as people
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.values import Role
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
rows = []
for email in json.load(sys.stdin):
    new = people.NewPerson(email, "Reader", "Regulator A", [Role.REVIEWER])
    made = people.add_person("operator:tests", new, now=clock.now())
    rows.append(Person.objects.get(uid=made.person.text).pk)
with journal.transaction():
    notices.tell(rows, "threads.late", subject=Uid.new(), route="question", now=clock.now())
"""
# As if so much time had passed that everything in the queues is due and every lease over.
LET_TIME_PASS = """
import django
django.setup()
from glasshouse.domain.jobs.models import Job
from glasshouse.domain.notices.models import Posting
from glasshouse.kernel import clock
Job.objects.filter(kind="notices.mail", state="waiting").update(not_before=clock.now())
Job.objects.filter(state="running").update(leased_until=clock.now())
Posting.objects.filter(state="waiting").update(not_before=clock.now())
Posting.objects.filter(state="waiting").exclude(leased_until=None).update(leased_until=clock.now())
"""
# Somebody else writes, so that whoever would mark a letter waits.
HOLD = """
import sys, django
django.setup()
from django.db import connection
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.notices.models import Posting
with journal.transaction():
    rows = Posting.objects.order_by("pk")
    list(rows.select_for_update() if connection.features.has_select_for_update else rows)
    print("held", flush=True)
    sys.stdin.read()
"""
STATES = """
import json, django
django.setup()
from glasshouse.domain.notices.models import Posting
print(json.dumps(list(Posting.objects.values_list("state", flat=True))))
"""


class Fatal(PostOffice):
    """A server that takes a letter, and sees to it that nobody can write down that it did."""

    def __init__(self, lab: RunningLab) -> None:
        """Be fatal to nobody yet."""
        super().__init__()
        self._lab, self.fatal = lab, 0
        self.holder: subprocess.Popen[str] | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a letter; at the fatal one, stop every pen before the sender has our word."""
        answer = await super().handle_DATA(server, session, envelope)
        if len(self.came) == self.fatal:
            self.holder = _hold(self._lab)
        return answer

    def has_struck(self) -> bool:
        """Say whether the fatal letter came."""
        return self.holder is not None

    def let_go(self) -> None:
        """Let everybody write again."""
        assert self.holder is not None
        self.holder.communicate("")
        self.holder = None


def _hold(lab: RunningLab) -> "subprocess.Popen[str]":
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD], env=lab.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def _work(lab: RunningLab) -> "subprocess.Popen[bytes]":
    """Start the worker's process for jobs, which is the one that sends."""
    command = [sys.executable, "-m", "glasshouse.edges.worker", "--jobs"]
    worker = subprocess.Popen(command, env=lab.environment, start_new_session=True)
    lab.processes.append(worker)  # which ends it with the test
    return worker


@pytest.fixture
def office(prepared: RunningLab) -> Iterator[Fatal]:
    """The server, up, and the lab sends through it."""
    found = Fatal(prepared)
    with opened(found) as server:
        told = {"host": server.host, "port": str(server.port), "security": server.security.value, "from": SENDER}
        prepared.environment |= {f"GLASSHOUSE_MAIL_{name.upper()}": value for name, value in told.items()}
        yield found
        if found.holder is not None:
            found.let_go()


def test_a_worker_killed_before_it_marked_a_letter_sends_that_one_again_and_loses_none(
    prepared: RunningLab, office: Fatal
) -> None:
    emails = [f"reader{number}@regulator.example" for number in range(PEOPLE)]
    prepared.python(TELL, json.dumps(emails))
    for fatal in (2, 4):  # of the letters that come: the second, then the one after it was sent again
        office.fatal = fatal
        prepared.python(LET_TIME_PASS)
        worker = _work(prepared)
        wait_for(office.has_struck)
        time.sleep(0.5)  # the word is out; the worker waits for its pen
        worker.kill()
        worker.wait()
        office.let_go()
        assert json.loads(prepared.python(STATES)).count("sent") == fatal // 2
    prepared.python(LET_TIME_PASS)
    _work(prepared)
    wait_for(lambda: json.loads(prepared.python(STATES)) == ["sent"] * PEOPLE)
    came = Counter(str(message["To"]) for _, message in office.came)
    names = Counter(str(message["Message-ID"]) for _, message in office.came)
    assert sorted(came) == emails, "none is lost"
    assert sorted(came.values()) == [1, 1, 2, 2], "one letter a kill comes twice, and no other"
    assert sorted(names.values()) == [1, 1, 2, 2], "and under the same name, so that a reader's program may tell"
