# SPDX-License-Identifier: Apache-2.0
"""The API's one object: its routes, its document, and its refusals in the form of `edges.http`."""

from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

import glasshouse
from glasshouse.edges.api.errors import TooManyError
from glasshouse.edges.api.routes import (
    brought,
    coverage,
    detections,
    devices,
    engagements,
    holds,
    houses,
    ledger,
    measures,
    proposals,
    reading,
    record,
    releases,
    saved,
    scans,
    search,
    sessions,
    speaking,
    symbols,
    tokens,
    triage,
    visits,
)
from glasshouse.edges.http import answers, refusals
from glasshouse.edges.http.errors import NotSignedInError, as_json
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel.errors import InvalidError

DESCRIPTION: Final = """\
Paths stand in their one escaped text form: bytes that are not shown as themselves are written \\xHH. A call of a \
session bears the header X-Glasshouse. Tokens never carry source. Refusals are JSON: code, message, hint.\
"""

# The documents' viewer that ninja offers loads its script from elsewhere, and stays off.
api: Final = NinjaAPI(
    title="Glasshouse",
    version=glasshouse.__version__,
    description=DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,
)
for router in (
    devices,
    releases,
    reading,
    search,
    saved,
    symbols,
    coverage,
    triage,  # its words stand where a detection's uid stands among detections
    detections,
    visits,
    record,
    ledger,
    proposals,
    tokens,
    engagements,
    speaking,
    scans,
    brought,
    measures,
    sessions,
    holds,
    houses,
):
    api.add_router("", router.router)


@api.get("/openapi.json", include_in_schema=False, url_name="openapi")
def openapi(request: HttpRequest) -> HttpResponse:
    """Return the OpenAPI document of this version."""
    viewer_of(request)
    return JsonResponse(api.get_openapi_schema())


@api.exception_handler(AuthenticationError)
def not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """Answer a call that no way in let pass."""
    del error
    return answers.answer(request, NotSignedInError())


@api.exception_handler(ValidationError)
def not_understood(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Name the first thing that is wrong, never its value."""
    first = error.errors[0]
    place = ".".join(str(part) for part in first["loc"][1:])
    return answers.answer(request, InvalidError(f"{place}: {first['msg']}", hint="See /api/v1/openapi.json."))


@api.exception_handler(HttpError)
def malformed(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer a body that is no JSON."""
    del error
    return answers.answer(request, InvalidError("The body is not JSON.", hint="See /api/v1/openapi.json."))


@api.exception_handler(Throttled)
def too_many(request: HttpRequest, error: Throttled) -> HttpResponse:
    """Answer a caller who asks too often."""
    del error
    refused = TooManyError("Too many calls from this address.", hint="Wait a minute.")
    refusals.note(request, refused.code)
    return JsonResponse(as_json(refused), status=HTTPStatus.TOO_MANY_REQUESTS)
