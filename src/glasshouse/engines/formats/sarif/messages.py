# SPDX-License-Identifier: Apache-2.0
"""Messages as plain text: looked up where they are told by an id, arguments filled in, Markdown left alone."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from glasshouse.engines.formats.sarif.errors import InvalidSarifError, Place
from glasshouse.engines.formats.sarif.fields import Object, clean, text_of, texts_of
from glasshouse.engines.formats.sarif.limits import Omission, Omissions

_HOLE: Final = re.compile(r"\{\{|\}\}|\{(\d{1,3})\}")
_MAX_FILLED: Final = 2**20


def message_of(
    told: Object, place: Place, of_rule: Mapping[str, str], of_tool: Mapping[str, str], omitted: Omissions
) -> str:
    """Return the text of a message object; braces mean something only where there are arguments or an id."""
    if len(told) == 1 and type(plain := told.get("text")) is str:
        return clean(plain)
    text = text_of(told, "text", place)
    name = text_of(told, "id", place)
    arguments = texts_of(told, "arguments", place)
    if not name or text:
        return filled(text, arguments) if arguments else text
    found = of_rule.get(name, of_tool.get(name))
    if found is None:
        omitted[Omission.MESSAGE] += 1
        return ": ".join((name, ", ".join(arguments))) if arguments else name
    return filled(found, arguments)


def required_message_of(
    holder: Object, place: Place, of_rule: Mapping[str, str], of_tool: Mapping[str, str], omitted: Omissions
) -> str:
    """Return the text of the message that a result MUST have."""
    told = holder.get("message")
    if type(told) is not dict:
        raise InvalidSarifError("a message belongs here", (place, "message"))
    return message_of(told, (place, "message"), of_rule, of_tool, omitted)


def filled(text: str, arguments: Sequence[str]) -> str:
    """Return a text with its arguments; a place without an argument stays as it is."""
    room = _MAX_FILLED

    def fill(match: re.Match[str]) -> str:
        nonlocal room
        if match[1] is None:
            return match[0][0]
        argument = arguments[int(match[1])] if int(match[1]) < len(arguments) else match[0]
        room -= len(argument)
        return argument if room >= 0 else match[0]  # an argument that is repeated without end

    return _HOLE.sub(fill, text)
