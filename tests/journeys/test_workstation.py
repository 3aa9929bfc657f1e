# SPDX-License-Identifier: Apache-2.0
"""A workstation in real Chromium: enrolled at the machine, speaking for a visitor's session, found out when copied."""

import json
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright

from tests.edges.conftest import SECRET
from tests.edges.web.test_codes import code_of
from tests.journeys.conftest import ARGUMENTS, CHROMIUM, RunningLab

# A house on this machine, open day and night, with a custodian and a visitor who is booked for the next hour.
FURNISH: Final = """
import json, django; django.setup()
from datetime import UTC, datetime, timedelta
from glasshouse.domain.people import commands as people, queries
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.values import Role
from glasshouse.domain.sites import commands as sites, values
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
now = clock.now()
def add(email, name, organisation, role, is_vendor):
    made = people.add_person("operator:tests", people.NewPerson(email, name, organisation, [role], is_vendor), now=now)
    return queries.viewer(Person.objects.get(uid=made.person.text))
custodian = add("custodian@vendor.example", "Custodian", "Vendor", Role.CUSTODIAN, True)
visitor = add("reviewer@regulator.example", "Reviewer 7", "Regulator A", Role.REVIEWER, False)
new = values.NewSite("Brussels", "Rue 1", "BE", "Europe/Brussels", values.week("mon-sun 00:00-24:00"))
site = Uid(sites.add_site("operator:tests", new, now=now).uid)
sites.set_text("operator:tests", site, values.TextKind.BRIEFING, "Telephones stay here.", now=now)
room = Uid(sites.add_room("operator:tests", site, "Room 1", 2, now=now).uid)
machine = Uid(sites.add_workstation("operator:tests", room, "Left", ["127.0.0.0/8"], now=now).uid)
begins = datetime.fromtimestamp((int(now.timestamp()) // 900 + 1) * 900, tz=UTC)
expected = [values.Expected(visitor.uid, machine)]
new = values.NewBooking(room, custodian.uid, expected, begins, begins + timedelta(minutes=15))
booking = sites.book(custodian, new, now=now)
arrival = values.NewArrival(visitor.uid, values.Identity.CARD, 0, "", 1)
sites.arrive(custodian, Uid(booking.uid), arrival, now=now)
print(json.dumps({"machine": machine.text, "custodian": custodian.row, "visitor": visitor.row}))
"""
SIGN_IN: Final = """
import sys, django; django.setup()
from importlib import import_module
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from glasshouse.domain.people.models import Person
person = Person.objects.get(pk=int(sys.stdin.read()))
if not Authenticator.objects.filter(user=person).exists():
    TOTP.activate(person, sys.argv[1])
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(person.pk), person.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
session.save()
print(session.session_key)
"""
STATE: Final = """
import json, django; django.setup()
from glasshouse.domain.journal.models import Event
from glasshouse.domain.sites.models import Arrival, WorkstationKey
key = WorkstationKey.objects.order_by("-pk").first()
print(json.dumps({
    "link": bytes(key.link).hex() if key else "",
    "ended": key.ended if key else "",
    "seated": bool(Arrival.objects.get().session),
    "kinds": list(Event.objects.filter(kind__startswith="sites.key").order_by("pk").values_list("kind", flat=True)),
}))
"""
SECONDS: Final = 30


class Machine:
    """A machine's browser: one profile folder, one window."""

    def __init__(self, lab: RunningLab, start: Callable[[Path], BrowserContext], profile: Path) -> None:
        """Start the browser on its profile."""
        self.lab = lab
        self.context = start(profile)
        self.page: Page = self.context.new_page()

    def sign_in(self, row: int) -> None:
        """Let somebody sign in here."""
        key = self.lab.run(["-c", SIGN_IN, SECRET], told=str(row)).strip()
        self.context.add_cookies([{"name": "session", "value": key, "url": self.lab.url}])


def state(lab: RunningLab) -> dict[str, Any]:
    """Return what the lab knows of the machine."""
    found: dict[str, Any] = json.loads(lab.run(["-c", STATE]))
    return found


def until(lab: RunningLab, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait until the lab's state is so."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        found = state(lab)
        if holds(found):
            return found
        time.sleep(0.2)
    raise AssertionError(found)


@pytest.mark.one_database
def test_a_machine_speaks_for_the_session_at_it_until_its_profile_is_copied(
    playwright: Playwright, lab: RunningLab, tmp_path: Path
) -> None:
    made = json.loads(lab.run(["-c", FURNISH]))

    def start(profile: Path) -> BrowserContext:
        return playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=ARGUMENTS, headless=True, base_url=lab.url
        )

    first = Machine(lab, start, tmp_path / "profile")
    first.sign_in(made["custodian"])
    first.page.goto(f"/workstations/{made['machine']}/")
    first.page.get_by_role("link", name="Enrol this machine").click()
    first.page.get_by_label("Code").fill(code_of(SECRET))
    first.page.get_by_role("button", name="Confirm").click()
    first.page.get_by_role("button", name="Enrol this machine").click()
    first.page.get_by_role("button", name="End this key").wait_for()
    enrolled = state(lab)
    assert (enrolled["ended"], enrolled["seated"]) == ("", False)
    held = first.page.evaluate(HELD)
    assert held == {"type": "private", "extractable": False, "exported": "InvalidAccessError"}

    first.page.locator("details.menu summary").click()
    first.page.get_by_role("button", name="Sign out").click()
    first.page.wait_for_url(re.compile(r"/sign-in"))
    first.sign_in(made["visitor"])
    first.page.goto("/")
    spoken = until(lab, lambda found: found["seated"])
    assert spoken["link"] != enrolled["link"]
    first.page.goto("/record/")
    first.page.evaluate(HAS_SPOKEN)
    assert state(lab)["link"] == spoken["link"], "not on every page: every two minutes"
    first.context.close()

    shutil.copytree(tmp_path / "profile", tmp_path / "copy", ignore=shutil.ignore_patterns("Singleton*"))
    second = Machine(lab, start, tmp_path / "copy")
    second.sign_in(made["visitor"])
    second.page.goto("/")
    stolen = until(lab, lambda found: found["link"] != spoken["link"])
    assert stolen["ended"] == "", "one machine alone cannot be told from its copy"
    second.context.close()

    again = Machine(lab, start, tmp_path / "profile")
    again.sign_in(made["visitor"])
    again.page.goto("/")
    found = until(lab, lambda found: bool(found["ended"]))
    assert (found["ended"], found["seated"]) == ("copied", False)
    assert found["kinds"] == ["sites.key-enrolled", "sites.key-ended"]
    again.context.close()


# A page speaks under a lock that it asks for while it loads: who gets it next comes after what the page had to say.
HAS_SPOKEN: Final = "navigator.locks.request('glasshouse-workstation', () => true)"
HELD: Final = """async () => {
  const shelf = await new Promise((done) => {
    const asked = indexedDB.open("glasshouse-workstation", 1);
    asked.onsuccess = () => done(asked.result);
  });
  const { key } = await new Promise((done) => {
    const asked = shelf.transaction("machine").objectStore("machine").get("this");
    asked.onsuccess = () => done(asked.result);
  });
  shelf.close();
  let exported = "yes";
  try { await crypto.subtle.exportKey("pkcs8", key); } catch (error) { exported = error.name; }
  return { type: key.type, extractable: key.extractable, exported };
}"""
