# SPDX-License-Identifier: Apache-2.0
"""How detections say no."""

from glasshouse.kernel.errors import ConflictError, InvalidError, NotFoundError


class ReportsBusyError(ConflictError):
    """Another process takes results in for this product."""

    code = "detections.busy"


class NoReportError(NotFoundError):
    """No such report, or none that the viewer may see."""

    code = "detections.no-report"


class NoDetectionError(NotFoundError):
    """No such detection, or none that the viewer may see."""

    code = "detections.no-detection"


class NotComparableError(InvalidError):
    """Two reports of different tools, or of different products, have nothing in common."""

    code = "detections.not-comparable"


class ReportDamagedError(ConflictError):
    """What a report's pack holds is not what was written."""

    code = "detections.damaged"
