# SPDX-License-Identifier: Apache-2.0
"""From a request to the viewer that every query takes first."""

from dataclasses import replace

from django.http import HttpRequest

from glasshouse.domain.people import queries as people
from glasshouse.domain.people import sessions
from glasshouse.domain.people.viewer import Origin, Viewer
from glasshouse.edges.http.errors import NotSignedInError
from glasshouse.edges.http.proxies import CERTIFICATE
from glasshouse.edges.http.routes import is_api

_KEPT = "glasshouse_viewer"


def viewer_of(request: HttpRequest) -> Viewer:
    """Return who asks, roles as of this request; raises NotSignedInError without an active session and person."""
    kept = vars(request).get(_KEPT)
    if isinstance(kept, Viewer):
        return kept
    person = request.user
    if not person.is_authenticated or not person.is_active:
        raise NotSignedInError
    viewer = replace(people.viewer(person), origin=_origin(request))
    vars(request)[_KEPT] = viewer
    return viewer


def viewer_or_none(request: HttpRequest) -> Viewer | None:
    """Return who asks, or None for somebody who is not signed in."""
    try:
        return viewer_of(request)
    except NotSignedInError:
        return None


def _origin(request: HttpRequest) -> Origin:
    """Return where a request comes from; what it rests on, the proxies' middleware has already judged."""
    return Origin(
        session=sessions.name_of(request.session.session_key or ""),
        address=str(request.META.get("REMOTE_ADDR", "")),
        certificate=str(request.META.get(CERTIFICATE, "")),
        draws=not is_api(request),
    )
