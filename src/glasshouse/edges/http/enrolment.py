# SPDX-License-Identifier: Apache-2.0
"""A person without a passkey or an app is led to enrol one, and reaches nothing else."""

from collections.abc import Callable
from typing import Any, ClassVar, Final

from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from glasshouse.edges.http.answers import answer
from glasshouse.edges.http.routes import WHILE_ENROLLING, route_name, wants_json
from glasshouse.kernel.errors import RefusedError

_ENROLLED: Final = "glasshouse_enrolled"


class NotEnrolledError(RefusedError):
    """The person has no passkey and no app yet."""

    code = "http.not-enrolled"


def has_way_in(person_row: int | None) -> bool:
    """Say whether a person has a passkey or an app; recovery codes alone are neither; nobody has none."""
    ways = Authenticator.objects.filter(user_id=person_row).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return bool(ways.exists())


class EnrolmentMiddleware:
    """Stands behind sign-in. Remembers in the session that a person is enrolled: the last way in cannot be removed."""

    allowed: ClassVar = WHILE_ENROLLING

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next layer."""
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on; the decision falls when the route is known."""
        return self._next(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Lead a person who is not enrolled to the enrolment page."""
        del view, args, kwargs
        if not request.user.is_authenticated or request.session.get(_ENROLLED):
            return None
        if has_way_in(request.user.pk):
            request.session[_ENROLLED] = True
            return None
        if route_name(request) in self.allowed:
            return None
        if wants_json(request):
            return answer(request, NotEnrolledError("No passkey or app is enrolled yet.", hint="Open the lab's page."))
        return redirect("enrolment")
