# SPDX-License-Identifier: Apache-2.0
"""What the sign-in libraries report becomes commands of `people`. Nothing else here follows a signal."""

from typing import TYPE_CHECKING

from allauth.account.signals import user_logged_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib import messages
from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest
from django.utils.translation import ngettext

from glasshouse.domain.people import commands as people
from glasshouse.edges.web.passkeys import credential_of, public_half
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

if TYPE_CHECKING:
    from glasshouse.domain.people.models import Person


def connect() -> None:
    """Connect every receiver once."""
    for signal, receiver in (
        (user_logged_in, _signed_in),
        (user_logged_out, _signed_out),
        (authenticator_added, _added),
        (authenticator_reset, _added),
        (authenticator_removed, _removed),
    ):
        signal.connect(receiver, dispatch_uid=f"glasshouse.edges.web{receiver.__name__}")


def _signed_in(sender: object, request: HttpRequest, user: "Person", **kwargs: object) -> None:
    # Behind the library's own receiver: this session stands among the person's by now.
    del sender, kwargs
    person, now = Uid(user.uid), clock.now()
    people.record_signed_in(person, now=now)
    count = people.keep_to_limit(person, now=now)
    if count:
        said = ngettext(
            "Your oldest session elsewhere has ended: there were more than you may have at once.",
            "Your %(count)s oldest sessions elsewhere have ended: there were more than you may have at once.",
            count,
        )
        messages.info(request, said % {"count": count})


def _signed_out(sender: object, user: "Person | None", **kwargs: object) -> None:
    del sender, kwargs
    if user is not None:
        people.record_signed_out(Uid(user.uid), now=clock.now())


def _added(
    sender: object, request: HttpRequest, user: "Person", authenticator: Authenticator, **kwargs: object
) -> None:
    del sender, kwargs
    person, now = Uid(user.uid), clock.now()
    match authenticator.type:
        case Authenticator.Type.WEBAUTHN:
            people.record_passkey_enrolled(person, public_half(authenticator, request), now=now)
        case Authenticator.Type.TOTP:
            people.record_totp_enrolled(person, now=now)
        case _:
            people.record_recovery_codes_made(person, now=now)


def _removed(sender: object, user: "Person", authenticator: Authenticator, **kwargs: object) -> None:
    del sender, kwargs
    person, now = Uid(user.uid), clock.now()
    match authenticator.type:
        case Authenticator.Type.WEBAUTHN:
            people.record_passkey_removed(person, bytes(credential_of(authenticator).credential_id), now=now)
        case Authenticator.Type.TOTP:
            people.record_totp_removed(person, now=now)
