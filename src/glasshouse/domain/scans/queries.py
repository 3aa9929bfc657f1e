# SPDX-License-Identifier: Apache-2.0
"""Questions about scans. Those with a viewer are the vendor's; the reading room judges a visitor's grant first."""

from django.db.models import QuerySet

from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.errors import ReleaseUnknownError
from glasshouse.domain.releases.models import Release
from glasshouse.domain.scans.errors import ScanUnknownError
from glasshouse.domain.scans.models import Scan, ScanRun
from glasshouse.domain.scans.rules import sees_all
from glasshouse.kernel.ids import Uid


def releases_of(viewer: Viewer) -> QuerySet[Release]:
    """Return the releases whose scans the viewer sees without a grant, newest first."""
    rows = releases.all_releases().filter(product__destroyed_at=None).order_by("product__slug", "-pk")
    return rows if sees_all(viewer) else rows.none()


def release(viewer: Viewer, uid: Uid) -> Release:
    """Return one of these releases."""
    found = releases_of(viewer).filter(uid=uid.text).first()
    if found is None:
        raise ReleaseUnknownError
    return found


def scan(viewer: Viewer, uid: Uid) -> Scan:
    """Return a scan that the viewer sees without a grant; never one of another party's."""
    found = Scan.objects.filter(uid=uid.text, party="").first()
    if found is None or not sees_all(viewer):
        raise ScanUnknownError
    release(viewer, Uid(found.release))
    return found


def run_of(report: Uid) -> Uid | None:
    """Return the run that a report came of, None where its results were handed in; the caller may see the report."""
    found = ScanRun.objects.filter(report=report.text).values_list("uid", flat=True).first()
    return Uid(found) if found else None
