# SPDX-License-Identifier: Apache-2.0
"""A fresh word of who is here, before a decision: a passkey that checks its holder, or a code where there is none."""

import time
from datetime import timedelta
from typing import Any, Final

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from glasshouse.domain.people import sessions
from glasshouse.edges.http.routes import wants_json
from glasshouse.kernel import clock
from glasshouse.kernel.errors import RefusedError

_ASKED: Final = "glasshouse_decision_waits"
_PASSKEY, _CODE = Authenticator.Type.WEBAUTHN.value, Authenticator.Type.TOTP.value


class ConfirmationWantedError(RefusedError):
    """A decision asks for a fresh second factor, and the caller's session has none."""

    code = "http.confirmation-wanted"


def check_confirmed(request: HttpRequest) -> None:
    """Raise unless the person has lately shown a second factor in this session.

    A page's request is kept by the sign-in library, which asks for the factor and then goes on with what was sent. A
    program is told where its person confirms it, in a browser: no factor is ever typed into a program.
    """
    if is_confirmed(request):
        return
    name = sessions.name_of(request.session.session_key or "")
    if wants_json(request):
        raise ConfirmationWantedError(
            "A decision wants a fresh confirmation that it is you.",
            hint=f"Confirm it at {settings.GLASSHOUSE.url}/me/sessions/{name}/confirm, then ask again.",
        )
    request.session[_ASKED] = request.get_full_path()
    raise ReauthenticationRequired


def is_confirmed(request: HttpRequest) -> bool:
    """Say whether a factor strong enough for this person was shown within the time that settings allow.

    Where there is a passkey it alone will do, and a sign-in by it counts: nobody else could have answered. A code can
    be had from its holder by asking, so a new one is wanted, and that of the sign-in does not count. What was
    shown while the clock was ahead counts for nothing, or it would hold until then.
    """
    seconds = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    is_keyed = _has_passkey(request)
    forget_what_is_to_come(request)
    records = get_authentication_records(request, request.user)
    since = time.time() - seconds  # the library's records bear the system's time
    if any(_suffices(record, since, is_keyed=is_keyed) for record in records):
        return True
    confirmed_at = sessions.confirmed_at(request.session.session_key or "")
    return confirmed_at is not None and timedelta() <= clock.now() - confirmed_at < timedelta(seconds=seconds)


def forget_what_is_to_come(request: HttpRequest) -> None:
    """Take what a session's person showed later than now out of it: the clock was ahead and has been set back."""
    records = get_authentication_records(request, request.user)
    now = time.time()
    past = [record for record in records if record.get("at", 0) <= now]
    if len(past) < len(records):
        request.session[AUTHENTICATION_METHODS_SESSION_KEY] = past


def decision_waits(request: HttpRequest, address: str) -> bool:
    """Say whether a decision at this address waits for the confirmation that is asked for now."""
    return bool(address) and request.session.get(_ASKED) == address


def _has_passkey(request: HttpRequest) -> bool:
    return bool(Authenticator.objects.filter(user_id=request.user.pk, type=_PASSKEY).exists())


def _suffices(record: dict[str, Any], since: float, *, is_keyed: bool) -> bool:
    if record.get("method") != "mfa" or record["at"] <= since:
        return False
    if is_keyed:
        return bool(record.get("type") == _PASSKEY)
    return bool(record.get("type") == _CODE and record.get("reauthenticated"))
