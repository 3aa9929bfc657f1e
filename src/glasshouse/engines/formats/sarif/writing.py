# SPDX-License-Identifier: Apache-2.0
"""Writing values as SARIF 2.1.0: the same values give the same bytes, and reading them gives the same values.

Results stream, one to a line. What the standard has no member for stands in property bags under `glasshouse/`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, BinaryIO, Final

from glasshouse.engines.formats.sarif.places import uri_of, uri_outside
from glasshouse.engines.formats.sarif.ratings import OWN_SEVERITY, OWN_SEVERITY_RAW, SCORE, score_in, severity_of
from glasshouse.engines.formats.sarif.values import (
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
    Suppression,
    SuppressionStatus,
)

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_CWE: Final = "CWE"
_NOTIFICATIONS: Final = {
    NotificationSource.EXECUTION: "toolExecutionNotifications",
    NotificationSource.CONFIGURATION: "toolConfigurationNotifications",
}
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_uri = lru_cache(maxsize=20_000)(uri_of)  # the same few files stand in many results
Object = dict[str, Any]


def write(file: BinaryIO, runs: Iterable[tuple[Run, Iterable[Result]]]) -> None:
    """Write runs with their results, in the order in which they come."""
    file.writelines(written(runs))


def written(runs: Iterable[tuple[Run, Iterable[Result]]]) -> Iterator[bytes]:
    """Yield in pieces what `write` writes."""
    yield f'{{"$schema":{_json(SCHEMA)},"version":"2.1.0","runs":['.encode()
    for number, (run, results) in enumerate(runs):
        yield b",\n" if number else b"\n"
        yield from _run(run, results)
    yield b"\n]}\n"


def _run(run: Run, results: Iterable[Result]) -> Iterator[bytes]:
    writer = _ResultWriter(run)
    head = _json(_head(run))
    yield f'{head[:-1]},"results":['.encode()
    for number, result in enumerate(results):
        yield f"{',' if number else ''}\n{_json(writer.told(result))}".encode()
    taxonomies = [{"name": _CWE, "taxa": [{"id": f"CWE-{number}"} for number in sorted(writer.cwes)]}]
    ending = f',"taxonomies":{_json(taxonomies)}' if writer.cwes else ""
    yield f"]{ending}}}".encode()


def _head(run: Run) -> Object:
    return _without_empty(
        {
            "tool": _without_empty(
                {
                    "driver": _component(run.tool.driver),
                    "extensions": [_component(one) for one in run.tool.extensions],
                }
            ),
            "invocations": [_invocation(one) for one in run.invocations],
            "automationDetails": _without_empty({"id": run.automation_id}),
            "columnKind": run.column_kind.value if run.column_kind else None,
            "properties": _bag(run.properties),
        }
    )


def _component(component: Component) -> Object:
    return _without_empty(
        {
            "name": component.name,
            "version": component.version,
            "rules": [_rule(one) for one in component.rules],
        }
    )


def _rule(rule: Rule) -> Object:
    setting: Object = {}
    if rule.default_level is not Level.WARNING:
        setting["level"] = rule.default_level.value
    if not rule.is_enabled:
        setting["enabled"] = False
    score = {SCORE: rule.security_severity} if rule.security_severity else {}
    return _without_empty(
        {
            "id": rule.id,
            "name": rule.name,
            "shortDescription": _message(rule.summary),
            "help": _message(rule.help),
            "helpUri": rule.help_uri,
            "defaultConfiguration": setting,
            "relationships": [{"target": one, "kinds": ["superset"]} for one in _taxa(rule.cwes)],
            "properties": _bag(rule.properties) | score,
        }
    )


def _invocation(invocation: Invocation) -> Object:
    told: Object = {"executionSuccessful": invocation.is_successful}
    if invocation.exit_code is not None:
        told["exitCode"] = invocation.exit_code
    for one in invocation.notifications:
        told.setdefault(_NOTIFICATIONS[one.source], []).append(_notification(one))
    return told


def _notification(notification: Notification) -> Object:
    return {"message": {"text": notification.message}} | _without_empty(
        {
            "level": notification.level.value,
            "descriptor": _without_empty({"id": notification.id}),
            "associatedRule": _without_empty({"id": notification.rule_id}),
            "locations": _locations(notification.locations),
        }
    )


class _ResultWriter:
    """Writes the results of one run, and notes the weaknesses that they name."""

    def __init__(self, run: Run) -> None:
        self._rules = run.rules()
        driver = {rule.id: number for number, rule in enumerate(run.tool.driver.rules)}
        self._indexes: dict[str, Mapping[str, int]] = {"": driver}
        self._components: dict[str, int] = {}
        for number, one in enumerate(run.tool.extensions):
            self._components[one.name] = number
            self._indexes[one.name] = {rule.id: at for at, rule in enumerate(one.rules)}
        self.cwes = {number for rule in self._rules.values() for number in rule.cwes}

    def told(self, result: Result) -> Object:
        """Return a result as an object."""
        rule = self._rules.get((result.component, result.rule_id))
        own = [number for number in result.cwes if rule is None or number not in rule.cwes]
        self.cwes.update(own)
        told: Object = self._reference(result)
        if result.kind is not Kind.FAIL:
            told["kind"] = result.kind.value
        told["level"], told["message"] = result.level.value, {"text": result.message}
        more = (
            ("locations", _locations(result.locations)),
            ("relatedLocations", _locations(result.related)),
            ("codeFlows", [_flow(one) for one in result.flows]),
            ("taxa", _taxa(own)),
            ("fingerprints", dict(result.fingerprints)),
            ("partialFingerprints", dict(result.partial_fingerprints)),
            ("suppressions", [_suppression(one) for one in result.suppressions]),
            ("baselineState", result.baseline_state.value if result.baseline_state else None),
            ("properties", _bag(result.properties) | self._severity(result, rule)),
        )
        told.update((name, value) for name, value in more if value)
        return told

    def _reference(self, result: Result) -> Object:
        index = self._indexes.get(result.component, {}).get(result.rule_id)
        if not result.component:
            return {"ruleId": result.rule_id} | ({} if index is None else {"ruleIndex": index})
        component: Object = {"name": result.component}
        if (number := self._components.get(result.component)) is not None:
            component["index"] = number
        rule: Object = {"id": result.rule_id} | ({} if index is None else {"index": index})
        return {"ruleId": result.rule_id, "rule": rule | {"toolComponent": component}}

    @staticmethod
    def _severity(result: Result, rule: Rule | None) -> Object:
        score = rule.security_severity if rule else ""
        if severity_of(result.level, score_in(result.properties), score) == (result.severity, result.severity_raw):
            return {}
        return _without_empty({OWN_SEVERITY: result.severity.value, OWN_SEVERITY_RAW: result.severity_raw})


def _locations(locations: tuple[Location, ...]) -> list[Object]:
    return [_location(one) for one in (dict.fromkeys(locations) if len(locations) > 1 else locations)]


def _location(location: Location) -> Object:
    told: Object = {}
    physical: Object = {}
    if location.path is not None:
        physical["artifactLocation"] = {"uri": _uri(location.path)}
    elif location.outside:
        uri, base = uri_outside(location.outside)
        physical["artifactLocation"] = {"uri": uri, "uriBaseId": base} if base else {"uri": uri}
    if region := _region(location):
        physical["region"] = region
    if physical:
        told["physicalLocation"] = physical
    if location.logical:
        told["logicalLocations"] = [{"fullyQualifiedName": name} for name in location.logical]
    if location.message:
        told["message"] = _message(location.message)
    return told


def _region(location: Location) -> Object:
    told: Object = {}
    region: Region | None = location.region
    if region is not None:
        told["startLine"] = region.start_line
        if region.start_column:
            told["startColumn"] = region.start_column
        if region.end_line != region.start_line:
            told["endLine"] = region.end_line
        if region.end_column:
            told["endColumn"] = region.end_column
    if location.byte_range is not None:
        told |= {"byteOffset": location.byte_range.offset, "byteLength": location.byte_range.length}
    return told


def _flow(flow: Flow) -> Object:
    thread = {"locations": [_step(one) for one in flow.steps]}
    return _without_empty({"message": _message(flow.message), "threadFlows": [thread]})


def _step(step: FlowStep) -> Object:
    told: Object = {"location": _location(step.location)}
    if step.nesting:
        told["nestingLevel"] = step.nesting
    if step.kinds:
        told["kinds"] = list(step.kinds)
    return told


def _suppression(suppression: Suppression) -> Object:
    told: Object = {"kind": suppression.kind.value}
    if suppression.status is not SuppressionStatus.ACCEPTED:
        told["status"] = suppression.status.value
    return told | _without_empty({"justification": suppression.justification})


def _taxa(cwes: Iterable[int]) -> list[Object]:
    return [{"id": f"CWE-{number}", "toolComponent": {"name": _CWE}} for number in cwes]


def _bag(properties: Properties) -> Object:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in properties}


def _message(text: str) -> Object:
    return {"text": text} if text else {}


def _without_empty(told: Object) -> Object:
    return {name: value for name, value in told.items() if value or value == 0}


def _json(value: object) -> str:
    return _ENCODER.encode(value)
