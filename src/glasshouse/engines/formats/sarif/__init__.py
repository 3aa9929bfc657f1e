# SPDX-License-Identifier: Apache-2.0
"""SARIF 2.1.0, the one language that analysers share.

`read` takes a file as hostile and yields values; `write` writes values. An adapter of a tool without SARIF makes the
same values, so that nothing behind it knows the difference.
"""

from glasshouse.engines.formats.sarif.errors import (
    InvalidSarifError,
    SarifTooLargeError,
)
from glasshouse.engines.formats.sarif.limits import (
    Limits,
    Omission,
)
from glasshouse.engines.formats.sarif.ratings import (
    severity_of,
)
from glasshouse.engines.formats.sarif.reading import (
    Log,
    read,
)
from glasshouse.engines.formats.sarif.values import (
    BaselineState,
    ByteRange,
    ColumnKind,
    Component,
    Flow,
    FlowStep,
    Invocation,
    Kind,
    Level,
    Location,
    Notification,
    NotificationSource,
    Properties,
    Region,
    Result,
    Rule,
    Run,
    Scalar,
    Severity,
    Suppression,
    SuppressionKind,
    SuppressionStatus,
    Tool,
)
from glasshouse.engines.formats.sarif.writing import (
    write,
    written,
)

__all__ = [
    "BaselineState",
    "ByteRange",
    "ColumnKind",
    "Component",
    "Flow",
    "FlowStep",
    "InvalidSarifError",
    "Invocation",
    "Kind",
    "Level",
    "Limits",
    "Location",
    "Log",
    "Notification",
    "NotificationSource",
    "Omission",
    "Properties",
    "Region",
    "Result",
    "Rule",
    "Run",
    "SarifTooLargeError",
    "Scalar",
    "Severity",
    "Suppression",
    "SuppressionKind",
    "SuppressionStatus",
    "Tool",
    "read",
    "severity_of",
    "write",
    "written",
]
