# SPDX-License-Identifier: Apache-2.0
"""One result, with what it refers to filled in."""

from glasshouse.engines.formats.sarif.errors import InvalidSarifError, Place
from glasshouse.engines.formats.sarif.fields import (
    EMPTY,
    MAX_ID,
    Object,
    as_object,
    choice_of,
    clean,
    cut,
    id_of,
    index_of,
    integer_of,
    object_of,
    objects_of,
    properties_of,
    text_of,
    texts_of,
)
from glasshouse.engines.formats.sarif.heads import DeclaredComponent, DeclaredRule, Head
from glasshouse.engines.formats.sarif.limits import Limits, Omission, Omissions
from glasshouse.engines.formats.sarif.messages import message_of, required_message_of
from glasshouse.engines.formats.sarif.ratings import (
    OWN_SEVERITY,
    OWN_SEVERITY_RAW,
    ascending,
    cwes_in,
    cwes_of_references,
    score_in,
    severity_of,
)
from glasshouse.engines.formats.sarif.values import (
    BaselineState,
    Flow,
    FlowStep,
    Kind,
    Level,
    Location,
    Properties,
    Result,
    Severity,
    Suppression,
    SuppressionKind,
    SuppressionStatus,
)


class ResultReader:
    """Reads the results of one run."""

    def __init__(self, head: Head, limits: Limits, omitted: Omissions) -> None:
        self._head = head
        self._locator = head.locator
        self._limits = limits
        self._omitted = omitted

    def read(self, told: Object, place: Place) -> Result:
        """Return the result that an object tells."""
        component, rule_id, declared = self._rule(told, place)
        rule = declared.rule if declared else None
        kind = choice_of(told, "kind", Kind, place) or Kind.FAIL
        level = choice_of(told, "level", Level, place)
        if level is None:
            default = rule.default_level if rule else Level.WARNING
            level = default if kind is Kind.FAIL else Level.NONE
        properties = properties_of(told, place, self._limits, self._omitted) if "properties" in told else ()
        severity, raw, properties = _severity(level, properties, rule.security_severity if rule else "")
        message = required_message_of(
            told, place, declared.messages if declared else EMPTY, component.messages, self._omitted
        )
        return Result(
            rule_id=rule_id,
            message=cut(message, self._limits, self._omitted),
            severity=severity,
            severity_raw=raw,
            level=level,
            kind=kind,
            component="" if component is self._head.driver else component.component.name,
            locations=self._locator.locations(told, "locations", place) if "locations" in told else (),
            related=self._locator.locations(told, "relatedLocations", place) if "relatedLocations" in told else (),
            flows=self._flows(told, place) if "codeFlows" in told else (),
            cwes=self._cwes(told, properties, rule.cwes if rule else (), place),
            fingerprints=self._prints(told, "fingerprints", place) if "fingerprints" in told else (),
            partial_fingerprints=(
                self._prints(told, "partialFingerprints", place) if "partialFingerprints" in told else ()
            ),
            suppressions=self._suppressions(told, place) if "suppressions" in told else (),
            baseline_state=choice_of(told, "baselineState", BaselineState, place),
            properties=properties,
        )

    def _rule(self, told: Object, place: Place) -> tuple[DeclaredComponent, str, DeclaredRule | None]:
        """Return the component, the id and, where it is declared, the rule. A name counts more than an index."""
        reference = object_of(told, "rule", place)
        here = (place, "rule")
        component = (
            self._component(object_of(reference, "toolComponent", here), here) if reference else self._head.driver
        )
        name = id_of(told, "ruleId", place) or id_of(reference, "id", here)
        index = index_of(told, "ruleIndex", place)
        if index is None:
            index = index_of(reference, "index", here)
        if index is not None:
            if index < len(component.rules):
                declared = component.rules[index]
                if not name or _names(name, declared):
                    return component, name or declared.rule.id, declared
            if not name:
                raise InvalidSarifError("there is no such rule", (place, "ruleIndex"))
            self._omitted[Omission.RULE_INDEX] += 1
        if not name:
            raise InvalidSarifError("the result names no rule", (place, "ruleId"))
        return component, name, component.by_id.get(name) or component.by_id.get(name.rpartition("/")[0])

    def _component(self, told: Object, place: Place) -> DeclaredComponent:
        here = (place, "toolComponent")
        index = index_of(told, "index", here)
        if index is not None:
            if index >= len(self._head.extensions):
                raise InvalidSarifError("there is no such extension", (here, "index"))
            return self._head.extensions[index]
        name, guid = id_of(told, "name", here), id_of(told, "guid", here)
        for one in self._head.extensions:
            if (name and one.component.name == name) or (guid and one.guid == guid):
                return one
        return self._head.driver

    def _cwes(self, told: Object, properties: Properties, of_rule: tuple[int, ...], place: Place) -> tuple[int, ...]:
        if "taxa" not in told and not properties:
            return of_rule
        own = cwes_in(properties) | cwes_of_references(objects_of(told, "taxa", place))
        return ascending(own.union(of_rule)) if own else of_rule

    def _flows(self, told: Object, place: Place) -> tuple[Flow, ...]:
        found: list[Flow] = []
        left = self._limits.steps
        for number, flow in enumerate(objects_of(told, "codeFlows", place)):
            here = ((place, "codeFlows"), number)
            said = self._said(flow, here)
            for index, thread in enumerate(objects_of(flow, "threadFlows", here)):
                if len(found) >= self._limits.flows:
                    self._omitted[Omission.FLOWS] += 1
                    continue
                where = ((here, "threadFlows"), index)
                steps = objects_of(thread, "locations", where)
                if len(steps) > left:
                    self._omitted[Omission.STEPS] += len(steps) - left
                    steps = steps[:left]
                if not steps:
                    self._omitted[Omission.FLOWS] += 1
                    continue
                left -= len(steps)
                kept = tuple([self._step(step, ((where, "locations"), at)) for at, step in enumerate(steps)])
                found.append(Flow(kept, self._said(thread, where) or said))
        return tuple(found)

    def _step(self, told: Object, place: Place) -> FlowStep:
        index = index_of(told, "index", place) if "index" in told else None
        if index is not None:
            if index >= len(self._head.steps):
                raise InvalidSarifError("there is no such step", (place, "index"))
            told = {**self._head.steps[index], **told}
        inner = told.get("location")
        location = (
            self._locator.location(as_object(inner, (place, "location")), (place, "location")) if inner else Location()
        )
        nesting = integer_of(told, "nestingLevel", place) or 0 if "nestingLevel" in told else 0
        kinds = tuple(dict.fromkeys(texts_of(told, "kinds", place))) if "kinds" in told else ()
        return FlowStep(location, min(max(nesting, 0), self._limits.steps), kinds)

    def _said(self, told: Object, place: Place) -> str:
        if "message" not in told:
            return ""
        text = message_of(object_of(told, "message", place), (place, "message"), EMPTY, EMPTY, self._omitted)
        return cut(text, self._limits, self._omitted)

    def _prints(self, told: Object, name: str, place: Place) -> tuple[tuple[str, str], ...]:
        prints = object_of(told, name, place)
        here = (place, name)
        kept = [(clean(one), text_of(prints, one, here)) for one in sorted(prints)[: self._limits.fingerprints]]
        kept = [one for one in kept if len(one[0]) <= MAX_ID and len(one[1]) <= MAX_ID]
        if len(kept) < len(prints):
            self._omitted[Omission.FINGERPRINTS] += len(prints) - len(kept)
        return tuple(kept)

    def _suppressions(self, told: Object, place: Place) -> tuple[Suppression, ...]:
        wishes = objects_of(told, "suppressions", place)
        most = self._limits.suppressions
        if len(wishes) > most:
            self._omitted[Omission.SUPPRESSIONS] += len(wishes) - most
        found: list[Suppression] = []
        for number, one in enumerate(wishes[:most]):
            here = ((place, "suppressions"), number)
            kind = choice_of(one, "kind", SuppressionKind, here)
            if kind is None:
                raise InvalidSarifError("a suppression has a kind", here)
            status = choice_of(one, "status", SuppressionStatus, here) or SuppressionStatus.ACCEPTED
            reason = cut(text_of(one, "justification", here), self._limits, self._omitted)
            found.append(Suppression(kind, status, reason))
        return tuple(found)


def _names(name: str, declared: DeclaredRule) -> bool:
    """Say whether a name is that of a rule, or of a part of it (CA1000/1)."""
    return name == declared.rule.id or name.rpartition("/")[0] == declared.rule.id


def _severity(level: Level, properties: Properties, of_rule: str) -> tuple[Severity, str, Properties]:
    """Return the severity with what it was made of, and the properties without those that we write ourselves."""
    if properties:
        told = dict(properties)
        own = told.pop(OWN_SEVERITY, None)
        if own in set(Severity):
            raw = told.pop(OWN_SEVERITY_RAW, "")
            return Severity(str(own)), str(raw), tuple(told.items())
    return *severity_of(level, score_in(properties), of_rule), properties
