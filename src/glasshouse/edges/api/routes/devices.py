# SPDX-License-Identifier: Apache-2.0
"""Signing a terminal in (after RFC 8628), who is signed in, and signing out."""

from datetime import datetime
from typing import Final

from allauth.account.internal.flows.login import record_authentication
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest
from ninja import Field, Router, Schema

from glasshouse.domain.people import commands, queries
from glasshouse.domain.people.viewer import Viewer
from glasshouse.edges.api.auth import ACTING, SOURCE, Sender
from glasshouse.edges.api.rates import AddressRate
from glasshouse.edges.api.shapes import Done, answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

router: Final = Router(tags=["sign-in"])
POLL_SECONDS: Final = 2
STARTS, POLLS = 10, 90  # a minute and address; an office shares one


class NewDevice(Schema):
    """A terminal that asks to be signed in."""

    terminal: str = Field(min_length=1, max_length=200, description="What its person recognises it by.")


class Device(Schema):
    """What the terminal keeps, and what its person compares in the browser."""

    secret: str
    user_code: str
    address: str
    until: datetime
    poll_seconds: int


class DeviceSecret(Schema):
    """What `start_device` gave the terminal."""

    secret: str = Field(min_length=1, max_length=100)


class Me(Schema):
    """Who is signed in."""

    uid: str
    name: str
    organisation: str
    is_vendor: bool
    roles: list[str]
    until: datetime


@router.post(
    "/device",
    auth=Sender(),
    throttle=AddressRate("start-device", STARTS),
    response=answering(Device),
    url_name="start_device",
)
def start_device(request: HttpRequest, asked: NewDevice) -> Device:
    """Begin a device sign-in: show the code, then poll `collect_device`."""
    del request
    started = commands.start_device(asked.terminal, now=clock.now())
    address = f"{settings.GLASSHOUSE.url}/device?code={started.user_code}"
    return Device(
        secret=started.secret,
        user_code=started.user_code,
        address=address,
        until=started.until,
        poll_seconds=POLL_SECONDS,
    )


@router.post(
    "/device/collect",
    auth=Sender(),
    throttle=AddressRate("collect-device", POLLS),
    response=answering(Me),
    url_name="collect_device",
)
def collect_device(request: HttpRequest, asked: DeviceSecret) -> Me:
    """Take the session that was approved, once; 409 while nobody has answered."""
    person = commands.collect_device(asked.secret, now=clock.now())
    auth.login(request, person, settings.AUTHENTICATION_BACKENDS[-1])
    # The approval was given in a session with both factors. It is not marked as a fresh one: to change a way in,
    # the terminal's session must show one again.
    record_authentication(request, person, method="device")
    UserSession.objects.create_from_request(request)
    commands.keep_to_limit(Uid(person.uid), now=clock.now())
    return _me(request, queries.viewer_by_row(person.pk))


@router.get("/me", auth=SOURCE, response=answering(Me), url_name="me")
def me(request: HttpRequest) -> Me:
    """Return who is signed in, and until when."""
    return _me(request, viewer_of(request))


@router.post("/session/end", auth=ACTING, response=answering(Done), url_name="end_session")
def end_session(request: HttpRequest) -> Done:
    """Sign out: the session ends here, wherever its cookie is kept."""
    uid = viewer_of(request).uid.text
    auth.logout(request)
    return Done(uid=uid, at=clock.now())


def _me(request: HttpRequest, viewer: Viewer) -> Me:
    return Me(
        uid=viewer.uid.text,
        name=viewer.name,
        organisation=viewer.organisation_name,
        is_vendor=viewer.is_vendor,
        roles=sorted(role.value for role in viewer.roles),
        until=request.session.get_expiry_date(),
    )
