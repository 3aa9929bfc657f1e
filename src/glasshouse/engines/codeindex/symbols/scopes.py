# SPDX-License-Identifier: Apache-2.0
"""In which function lines lie, for many lines of a document at once."""

from collections.abc import Iterable

from glasshouse.engines.codeindex.symbols.values import Family, Outline


def scopes_at(outline: Outline, lines: Iterable[int]) -> dict[int, str]:
    """Return for each line the innermost function that it lies in, with what that lies in; "" for none.

    A function whose last line the tool does not know ends before the next one. One pass, whatever the number of lines.
    """
    functions = sorted(
        (
            (one.line, one.end, f"{one.scope}.{one.name}" if one.scope else one.name)
            for one in outline
            if one.family is Family.FUNCTION
        ),
        key=lambda one: (one[0], -one[1]),
    )
    found: dict[int, str] = {}
    open_now: list[tuple[int, str]] = []  # last line and name, the innermost last
    following = 0
    for line in sorted(set(lines)):
        while following < len(functions) and functions[following][0] <= line:
            _, last, name = functions[following]
            following += 1
            open_now.append((last or _before_next(functions, following), name))
        while open_now and open_now[-1][0] < line:
            open_now.pop()
        found[line] = open_now[-1][1] if open_now else ""
    return found


def _before_next(functions: list[tuple[int, int, str]], following: int) -> int:
    return functions[following][0] - 1 if following < len(functions) else 2**62
