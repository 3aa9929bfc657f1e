# SPDX-License-Identifier: Apache-2.0
"""All of a run but its results. It may stand before or behind them, so it is gathered in a pass of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from glasshouse.engines.formats.sarif.errors import InvalidSarifError, Place, SarifTooLargeError
from glasshouse.engines.formats.sarif.fields import (
    EMPTY,
    Object,
    as_object,
    choice_of,
    clean,
    cut,
    id_of,
    integer_of,
    object_of,
    objects_of,
    properties_of,
    text_of,
)
from glasshouse.engines.formats.sarif.limits import Limits, Omission, Omissions
from glasshouse.engines.formats.sarif.locations import Locator
from glasshouse.engines.formats.sarif.messages import message_of
from glasshouse.engines.formats.sarif.places import Bases
from glasshouse.engines.formats.sarif.ratings import SCORE, ascending, cwes_in, cwes_of, cwes_of_references
from glasshouse.engines.formats.sarif.source import Source
from glasshouse.engines.formats.sarif.values import (
    ColumnKind,
    Component,
    Invocation,
    Level,
    Notification,
    NotificationSource,
    Rule,
    Run,
    Tool,
)

_MAX_EXTENSIONS: Final = 1_000
_ELSEWHERE: Final = {
    "results",
    "driver",
    "extensions",
    "artifacts",
    "invocations",
    "logicalLocations",
    "threadFlowLocations",
    "externalizedProperties",
}
"""What is read here, and would be missed if it lay in another file."""
_SOURCES: Final = (
    ("toolExecutionNotifications", NotificationSource.EXECUTION),
    ("toolConfigurationNotifications", NotificationSource.CONFIGURATION),
)


@dataclass(frozen=True, slots=True)
class DeclaredRule:
    """A rule, and the texts that its results refer to by id."""

    rule: Rule
    messages: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DeclaredComponent:
    """A component with its rules in their order, so that an index finds them."""

    component: Component
    guid: str
    rules: Sequence[DeclaredRule]
    by_id: Mapping[str, DeclaredRule]
    messages: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Head:
    """A run, and what its results refer to."""

    run: Run
    driver: DeclaredComponent
    extensions: Sequence[DeclaredComponent]
    locator: Locator
    steps: Sequence[Object] = field(repr=False)


class HeadReader:
    """Gathers one head, member by member in any order."""

    def __init__(self, source: Source, limits: Limits, omitted: Omissions, root: bytes) -> None:
        self._source = source
        self._limits = limits
        self._omitted = omitted
        self._root = root
        self._driver: DeclaredComponent | None = None
        self._extensions: list[DeclaredComponent] = []
        self._members: dict[str, Any] = {}
        self._rules = 0
        self._results = 0

    def read(self, place: Place, results_left: int) -> Head:
        """Take the run that stands here; of its results only their number."""
        for name in self._source.members(place):
            here = (place, name)
            if name == "tool":
                self._tool(here)
            elif name == "results":
                self._count(here, results_left)
            elif name in {"artifacts", "logicalLocations", "threadFlowLocations", "invocations"}:
                self._members[name] = self._list(here)
            elif name in {"originalUriBaseIds", "automationDetails", "columnKind", "properties"}:
                self._members[name] = self._source.value(here)
            elif name == "externalPropertyFileReferences":
                if _ELSEWHERE & as_object(self._source.value(here), here).keys():
                    raise InvalidSarifError("parts of this run lie in other files, which are not read", here)
            else:
                self._source.skip(here)
        if self._driver is None:
            raise InvalidSarifError("the run names no tool", place)
        return self._head(self._driver, place)

    def _head(self, driver: DeclaredComponent, place: Place) -> Head:
        members = self._members
        bases = Bases(object_of(members, "originalUriBaseIds", place), self._root, (place, "originalUriBaseIds"))
        locator = Locator(
            bases,
            members.get("artifacts", ()),
            members.get("logicalLocations", ()),
            self._limits,
            self._omitted,
        )
        details = object_of(members, "automationDetails", place)
        run = Run(
            Tool(driver.component, tuple(one.component for one in self._extensions)),
            invocations=self._invocations(members.get("invocations", ()), locator, (place, "invocations")),
            automation_id=id_of(details, "id", (place, "automationDetails")),
            column_kind=choice_of(members, "columnKind", ColumnKind, place),
            result_count=self._results,
            properties=properties_of(members, place, self._limits, self._omitted),
        )
        return Head(run, driver, self._extensions, locator, members.get("threadFlowLocations", ()))

    def _count(self, place: Place, left: int) -> None:
        for index in self._source.elements(place):
            if index >= left:
                raise SarifTooLargeError(f"more than {self._limits.results} results in the file", place)
            self._source.value((place, index))
            self._results = index + 1

    def _list(self, place: Place) -> list[Object]:
        kept: list[Object] = []
        for index in self._source.elements(place):
            if index >= self._limits.artifacts:
                raise SarifTooLargeError(f"more than {self._limits.artifacts} elements", place)
            kept.append(_lean(as_object(self._source.value((place, index)), (place, index))))
        return kept

    def _tool(self, place: Place) -> None:
        for name in self._source.members(place):
            here = (place, name)
            if name == "driver":
                self._driver = self._component(here)
            elif name == "extensions":
                for index in self._source.elements(here):
                    if index >= _MAX_EXTENSIONS:
                        raise SarifTooLargeError(f"more than {_MAX_EXTENSIONS} extensions", here)
                    self._extensions.append(self._component((here, index)))
            else:
                self._source.skip(here)

    def _component(self, place: Place) -> DeclaredComponent:
        rules: list[DeclaredRule] = []
        members: dict[str, Any] = {}
        for name in self._source.members(place):
            here = (place, name)
            if name == "rules":
                for index in self._source.elements(here):
                    self._rules += 1
                    if self._rules > self._limits.rules:
                        raise SarifTooLargeError(f"more than {self._limits.rules} rules", here)
                    rules.append(self._rule(as_object(self._source.value((here, index)), (here, index)), (here, index)))
            elif name in {"notifications", "taxa"}:
                self._source.skip(here)
            else:
                members[name] = self._source.value(here)
        name = id_of(members, "name", place)
        if not name:
            raise InvalidSarifError("a tool has a name", place)
        version = id_of(members, "semanticVersion", place) or id_of(members, "version", place)
        return DeclaredComponent(
            Component(name, version, tuple(one.rule for one in rules)),
            guid=id_of(members, "guid", place),
            rules=rules,
            by_id={one.rule.id: one for one in reversed(rules)},
            messages=_strings(object_of(members, "globalMessageStrings", place), (place, "globalMessageStrings")),
        )

    def _rule(self, told: Object, place: Place) -> DeclaredRule:
        rule_id = id_of(told, "id", place)
        if not rule_id:
            raise InvalidSarifError("a rule has an id", place)
        properties = properties_of(told, place, self._limits, self._omitted)
        setting = object_of(told, "defaultConfiguration", place)
        bag = object_of(told, "properties", place)
        targets = [
            object_of(one, "target", ((place, "relationships"), index))
            for index, one in enumerate(objects_of(told, "relationships", place))
        ]
        uri = text_of(told, "helpUri", place)
        score = bag.get(SCORE)
        found = cwes_in(properties) | cwes_of_references(targets) | cwes_of(uri)
        help_text = self._multiformat(told, "help", place) or self._multiformat(told, "fullDescription", place)
        rule = Rule(
            id=rule_id,
            name=cut(text_of(told, "name", place), self._limits, self._omitted),
            summary=self._multiformat(told, "shortDescription", place),
            help=help_text,
            help_uri=cut(uri, self._limits, self._omitted),
            cwes=ascending(found),
            default_level=choice_of(setting, "level", Level, (place, "defaultConfiguration")) or Level.WARNING,
            security_severity=clean(str(score))[:20] if _is_score(score) else "",
            is_enabled=setting.get("enabled") is not False,
            properties=tuple([one for one in properties if one[0] != SCORE]),
        )
        return DeclaredRule(rule, _strings(object_of(told, "messageStrings", place), (place, "messageStrings")))

    def _multiformat(self, holder: Object, name: str, place: Place) -> str:
        told = object_of(holder, name, place)
        return cut(text_of(told, "text", (place, name)), self._limits, self._omitted)

    def _invocations(self, told: Sequence[Object], locator: Locator, place: Place) -> tuple[Invocation, ...]:
        found: list[Invocation] = []
        for number, one in enumerate(told):
            here = (place, number)
            success = one.get("executionSuccessful")
            if type(success) is not bool:
                raise InvalidSarifError("true or false belongs here", (here, "executionSuccessful"))
            said = tuple(self._notifications(one, locator, here))
            found.append(Invocation(success, integer_of(one, "exitCode", here), said))
        return tuple(found)

    def _notifications(self, told: Object, locator: Locator, place: Place) -> list[Notification]:
        found: list[Notification] = []
        for name, source in _SOURCES:
            for number, one in enumerate(objects_of(told, name, place)):
                if len(found) >= self._limits.notifications:
                    self._omitted[Omission.NOTIFICATIONS] += 1
                    continue
                here = ((place, name), number)
                text = message_of(object_of(one, "message", here), (here, "message"), EMPTY, EMPTY, self._omitted)
                found.append(
                    Notification(
                        message=cut(text, self._limits, self._omitted),
                        level=choice_of(one, "level", Level, here) or Level.WARNING,
                        source=source,
                        id=id_of(object_of(one, "descriptor", here), "id", (here, "descriptor")),
                        rule_id=id_of(object_of(one, "associatedRule", here), "id", (here, "associatedRule")),
                        locations=locator.locations(one, "locations", here),
                    )
                )
        return found


def _strings(told: Object, place: Place) -> dict[str, str]:
    return {name: text_of(as_object(value, (place, name)), "text", (place, name)) for name, value in told.items()}


def _is_score(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _lean(told: Object) -> Object:
    """Return an element without the texts of files that artifacts may carry."""
    return {name: value for name, value in told.items() if name not in {"contents", "hashes", "roles", "properties"}}
