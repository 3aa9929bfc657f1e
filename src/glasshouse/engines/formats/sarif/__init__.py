# SPDX-License-Identifier: Apache-2.0
"""SARIF 2.1.0, the one language that analysers share.

An adapter of a tool without SARIF makes the same values, so that nothing behind it knows the difference.
"""

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
    Severity,
    Suppression,
    SuppressionKind,
    SuppressionStatus,
    Tool,
)

__all__ = [
    "BaselineState",
    "ByteRange",
    "ColumnKind",
    "Component",
    "Flow",
    "FlowStep",
    "Invocation",
    "Kind",
    "Level",
    "Location",
    "Notification",
    "NotificationSource",
    "Properties",
    "Region",
    "Result",
    "Rule",
    "Run",
    "Severity",
    "Suppression",
    "SuppressionKind",
    "SuppressionStatus",
    "Tool",
]
