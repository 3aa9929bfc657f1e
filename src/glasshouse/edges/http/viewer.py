# SPDX-License-Identifier: Apache-2.0
"""From a request to the viewer that every query takes first."""

from django.http import HttpRequest

from glasshouse.domain.people import queries as people
from glasshouse.domain.people.viewer import Viewer
from glasshouse.edges.http.errors import NotSignedInError

_KEPT = "glasshouse_viewer"


def viewer_of(request: HttpRequest) -> Viewer:
    """Return who asks, roles as of this request; raises NotSignedInError without an active session and person."""
    kept = vars(request).get(_KEPT)
    if isinstance(kept, Viewer):
        return kept
    person = request.user
    if not person.is_authenticated or not person.is_active:
        raise NotSignedInError
    viewer = people.viewer(person)
    vars(request)[_KEPT] = viewer
    return viewer


def viewer_or_none(request: HttpRequest) -> Viewer | None:
    """Return who asks, or None for somebody who is not signed in."""
    try:
        return viewer_of(request)
    except NotSignedInError:
        return None
