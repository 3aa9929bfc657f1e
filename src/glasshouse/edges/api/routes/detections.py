# SPDX-License-Identifier: Apache-2.0
"""What tools found: for the vendor's readers whole releases, for a visitor what their grant covers, recorded.

What a tool says may repeat source, so a session asks and no token. A visitor carries nothing off.
"""

from collections.abc import Mapping
from typing import Annotated, Final

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Field, Query, Router, Schema

from glasshouse.domain.detections import carrying, exporting, listing, sights
from glasshouse.domain.detections.differing import differing
from glasshouse.domain.detections.exporting import Form
from glasshouse.domain.detections.narrowing import Narrowing
from glasshouse.domain.detections.whole import whole
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.scans import queries as scans
from glasshouse.edges.api.auth import ACTING, SOURCE
from glasshouse.edges.api.detected import Detections, Differing, TakenReport, Tallies, WholeDetection
from glasshouse.edges.api.shapes import Showing, answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

router: Final = Router(tags=["detections"])
_OWN: Final = "/releases/{release}/detections"
_UNDER: Final = "/grants/{grant}/releases/{release}/detections"
_TYPES: Final = {Form.SARIF: "application/sarif+json", Form.JSON: "application/json", Form.CSV: "text/csv"}
_Word = Annotated[str, Field(max_length=5_000)]


class Asked(Schema):
    """What a list is narrowed to; `which` is found, new, unchanged, moved, edited, unknown, absent or every."""

    which: _Word = ""
    severity: _Word = ""
    rule: _Word = ""
    cwe: _Word = ""
    tool: _Word = ""
    suppressed: _Word = ""
    words: _Word = ""
    folder: _Word = ""

    def read(self) -> Narrowing:
        """Read it; raises InvalidError."""
        told: Mapping[str, str] = self.dict()
        return Narrowing.parse(told)


@router.get(_OWN, auth=SOURCE, response=answering(Detections), url_name="detections")
def detections(request: HttpRequest, release: str, asked: Query[Asked], after: str = "") -> Detections:
    """List what tools found in a release, the worst first, with counts on every side."""
    sight = sights.sight_of(viewer_of(request), Uid.parse(release))
    return Detections.of(listing.page(sight, asked.read(), after=_uid(after)))


@router.get(f"{_OWN}/tallies", auth=SOURCE, response=answering(Tallies), url_name="detection_tallies")
def tallies(request: HttpRequest, release: str, asked: Query[Asked]) -> Tallies:
    """Count what tools found in a release, on every side of a narrowing."""
    sight = sights.sight_of(viewer_of(request), Uid.parse(release))
    return Tallies.of(listing.tallies(sight, asked.read()))


@router.get(f"{_OWN}/export", auth=SOURCE, url_name="export_detections")
def export(request: HttpRequest, release: str, form: str = "sarif", tool: str = "") -> StreamingHttpResponse:
    """Carry off what tools found in a release, whole: as SARIF what was seen, as JSON or CSV all that is known."""
    viewer, chosen = viewer_of(request), Form.parse(form)
    sight = sights.sight_of(viewer, Uid.parse(release))
    pieces = exporting.export(viewer.uid.text, sight, chosen, now=clock.now(), tool=tool)
    answer = StreamingHttpResponse(pieces, content_type=_TYPES[chosen])
    answer["Content-Disposition"] = f'attachment; filename="detections.{chosen.value}"'
    return answer


@router.get(f"{_OWN}/since/{{before}}", auth=SOURCE, response=answering(Differing), url_name="detections_since")
def since(request: HttpRequest, release: str, before: str) -> Differing:
    """Compare two releases of a product by what tools found, rule by rule."""
    viewer = viewer_of(request)
    after, earlier = (sights.sight_of(viewer, Uid.parse(one)) for one in (release, before))
    return Differing.of(differing(earlier, after))


@router.get(f"{_OWN}/{{detection}}", auth=SOURCE, response=answering(WholeDetection), url_name="detection")
def detection(request: HttpRequest, release: str, detection: str) -> WholeDetection:
    """Show one detection with all that is known of it, and without its code."""
    viewer = viewer_of(request)
    sight = sights.sight_of(viewer, Uid.parse(release))
    found = whole(sight, Uid.parse(detection), sights.of_product(viewer, sight.release.product))
    return WholeDetection.of(found, _run(found.source.uid))


@router.post("/releases/{release}/reports", auth=ACTING, response=answering(list[TakenReport]), url_name="take_reports")
def take_reports(request: HttpRequest, *, release: str, complete: bool = False, root: str = "") -> list[TakenReport]:
    """Take in a SARIF file, which is the body: whole or not at all, by the product's owner; the same again is nothing.

    `complete` is the owner's word that the tool analysed every file that it applies to.
    """
    at = viewer_of(request), Uid.parse(release)
    with carrying.received(iter(lambda: request.read(carrying.PIECE), b"")) as file:
        taken = carrying.take_reports(*at, file, is_complete=complete, root=root, now=clock.now())
    return TakenReport.all_of(taken)


@router.get(_UNDER, auth=SOURCE, response=answering(Detections), url_name="granted_detections")
def granted(request: HttpRequest, *, grant: str, release: str, asked: Query[Asked], after: str = "") -> Detections:
    """Show what tools found in a release under the caller's own grant; recorded, and each message costs as a line."""
    at = viewer_of(request), Uid.parse(grant), Uid.parse(release)
    shown = readingroom.open_detections(*at, asked.read(), now=clock.now(), after=_uid(after))
    return Detections.of(shown.page, Showing.of(shown.view))


@router.get(f"{_UNDER}/export", auth=SOURCE, response=answering(None), url_name="export_granted_detections")
def granted_export(request: HttpRequest, grant: str, release: str) -> None:
    """Refuse: what tools found leaves by a decision of the lab, and never by this call."""
    readingroom.refuse_export(viewer_of(request), Uid.parse(grant), Uid.parse(release), now=clock.now())


@router.get(
    f"{_UNDER}/since/{{before}}", auth=SOURCE, response=answering(Differing), url_name="granted_detections_since"
)
def granted_since(request: HttpRequest, grant: str, release: str, before: str) -> Differing:
    """Compare two releases of the caller's own grant by what tools found; recorded."""
    at = Uid.parse(grant), Uid.parse(before), Uid.parse(release)
    shown = readingroom.open_differing(viewer_of(request), *at, now=clock.now())
    return Differing.of(shown.differing, Showing.of(shown.view))


@router.get(f"{_UNDER}/{{detection}}", auth=SOURCE, response=answering(WholeDetection), url_name="granted_detection")
def granted_detection(request: HttpRequest, grant: str, release: str, detection: str) -> WholeDetection:
    """Show one detection under the caller's own grant; recorded. Its lines are opened by the route of files."""
    at = Uid.parse(grant), Uid.parse(release), Uid.parse(detection)
    shown = readingroom.open_detection(viewer_of(request), *at, now=clock.now(), has_code=False)
    return WholeDetection.of(shown.whole, _run(shown.whole.source.uid), Showing.of(shown.view))


def _uid(text: str) -> Uid | None:
    return Uid.parse(text) if text else None


def _run(report: Uid) -> str | None:
    found = scans.run_of(report)
    return found.text if found else None
