# SPDX-License-Identifier: Apache-2.0
"""The URL table: who answers what. `edges.http.routes.OPEN` lists the routes that answer strangers."""

from django.urls import URLPattern, URLResolver, include, path

from glasshouse.edges.api.api import api
from glasshouse.edges.http import answers
from glasshouse.edges.web import signin

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("", include("glasshouse.edges.web.urls")),
]

handler400 = answers.bad_request
handler403 = answers.refused
handler404 = answers.not_found
handler429 = signin.too_many
handler500 = answers.failed
