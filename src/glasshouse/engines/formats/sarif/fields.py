# SPDX-License-Identifier: Apache-2.0
"""Members of decoded JSON, each as the type that the standard gives it; null is taken for absent.

Texts come back fit to be stored anywhere: characters that no UTF-8 holds, and the zero one, are replaced.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from glasshouse.engines.formats.sarif.errors import InvalidSarifError, Place, SarifTooLargeError
from glasshouse.engines.formats.sarif.limits import Limits, Omission, Omissions
from glasshouse.engines.formats.sarif.values import Properties, Scalar

Object = dict[str, Any]
EMPTY: Final[Object] = {}
MAX_ID: Final = 500
_MAX_PROPERTY: Final = 1_000
_MAX_LIST: Final = 100
_MAX_INTEGER: Final = 2**63
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_Choice = TypeVar("_Choice", bound=StrEnum)


def object_of(holder: Object, name: str, place: Place) -> Object:
    """Return an object, empty where there is none."""
    value = holder.get(name)
    if value is None:
        return EMPTY
    if type(value) is not dict:
        raise InvalidSarifError("an object belongs here", (place, name))
    return value


def as_object(value: object, place: Place) -> Object:
    """Return a value that MUST be an object."""
    if type(value) is not dict:
        raise InvalidSarifError("an object belongs here", place)
    return value


def objects_of(holder: Object, name: str, place: Place) -> list[Object]:
    """Return an array of objects, empty where there is none."""
    value = holder.get(name)
    if value is None:
        return []
    if type(value) is not list:
        raise InvalidSarifError("an array belongs here", (place, name))
    for index, one in enumerate(value):
        if type(one) is not dict:
            raise InvalidSarifError("an object belongs here", ((place, name), index))
    return value


def text_of(holder: Object, name: str, place: Place) -> str:
    """Return a text, "" where there is none."""
    value = holder.get(name)
    if value is None:
        return ""
    if type(value) is not str:
        raise InvalidSarifError("a text belongs here", (place, name))
    return clean(value)


def id_of(holder: Object, name: str, place: Place) -> str:
    """Return a text that names something; it is never cut, so a long one is refused."""
    value = text_of(holder, name, place)
    if len(value) > MAX_ID:
        raise SarifTooLargeError(f"a name has at most {MAX_ID} characters", (place, name))
    return value


def texts_of(holder: Object, name: str, place: Place) -> list[str]:
    """Return an array of texts, empty where there is none."""
    value = holder.get(name)
    if value is None:
        return []
    if type(value) is not list or not all(type(one) is str for one in value):
        raise InvalidSarifError("an array of texts belongs here", (place, name))
    return [clean(one) for one in value]


def integer_of(holder: Object, name: str, place: Place) -> int | None:
    """Return a whole number, None where there is none."""
    value = holder.get(name)
    if value is None:
        return None
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int or not -_MAX_INTEGER <= value < _MAX_INTEGER:
        raise InvalidSarifError("a whole number belongs here", (place, name))
    return value


def index_of(holder: Object, name: str, place: Place) -> int | None:
    """Return an index; the standard writes -1 for none."""
    value = integer_of(holder, name, place)
    return value if value is not None and value >= 0 else None


def choice_of(holder: Object, name: str, choices: type[_Choice], place: Place) -> _Choice | None:
    """Return one of some words, None where there is none."""
    value = holder.get(name)
    if value is None:
        return None
    try:
        return choices(value)
    except ValueError:
        words = ", ".join(choices)
        raise InvalidSarifError(f"not one of {words}", (place, name)) from None


def clean(text: str) -> str:
    """Return the text with U+FFFD for lone surrogates and zero characters."""
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    return text.replace("\0", "\ufffd") if "\0" in text else text


def cut(text: str, limits: Limits, omitted: Omissions) -> str:
    """Return what is kept of a text for people."""
    if len(text) <= limits.text:
        return text
    omitted[Omission.TEXT] += 1
    return text[: limits.text]


def properties_of(holder: Object, place: Place, limits: Limits, omitted: Omissions) -> Properties:
    """Return the flat part of a property bag."""
    bag = holder.get("properties")
    if not bag:
        return ()
    if type(bag) is not dict:
        raise InvalidSarifError("an object belongs here", (place, "properties"))
    return flat(bag, limits, omitted)


def flat(bag: Mapping[str, Any], limits: Limits, omitted: Omissions) -> Properties:
    """Return names with scalars and short lists of scalars, in the order of names; the rest is counted."""
    kept: dict[str, Scalar | tuple[Scalar, ...]] = {}
    for name, value in bag.items():
        if len(name) > MAX_ID or len(kept) >= limits.properties:
            omitted[Omission.PROPERTIES] += 1
        elif _is_scalar(value):
            kept[clean(name)] = _scalar(value)
        elif type(value) is list and len(value) <= _MAX_LIST and all(map(_is_scalar, value)):
            kept[clean(name)] = tuple(map(_scalar, value))
        else:
            omitted[Omission.PROPERTIES] += 1
    return tuple(sorted(kept.items()))


def _is_scalar(value: object) -> bool:
    if type(value) is str:
        return len(value) <= _MAX_PROPERTY
    if type(value) is int:
        return -_MAX_INTEGER <= value < _MAX_INTEGER
    return type(value) is float or type(value) is bool


def _scalar(value: Scalar) -> Scalar:
    return clean(value) if isinstance(value, str) else value
