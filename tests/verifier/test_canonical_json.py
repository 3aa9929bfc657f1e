# SPDX-License-Identifier: Apache-2.0
import json

import glasshouse_verify as v
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

_LIMIT = 2**53 - 1
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-_LIMIT, _LIMIT)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), inner, max_size=4)
    ),
    max_leaves=20,
)


def _with_own_numbers(value: object) -> object:
    """JSON knows one kind of number: a double that is whole comes back as an integer."""
    return json.loads(rfc8785.dumps(value))  # type: ignore[arg-type] # any JSON value


@settings(max_examples=500, deadline=None)
@given(value=_VALUES)
def test_an_independent_writer_of_rfc_8785_agrees(value: object) -> None:
    written = rfc8785.dumps(value)  # type: ignore[arg-type] # any JSON value
    assert v.canonical(value) == written


@settings(max_examples=300, deadline=None)
@given(value=_VALUES)
def test_what_the_independent_writer_wrote_is_read_back(value: object) -> None:
    raw = rfc8785.dumps(value)  # type: ignore[arg-type] # any JSON value
    if any(abs(number) > _LIMIT for number in _integers(json.loads(raw))):
        with pytest.raises(v.BrokenError):
            v.read_canonical(raw, "it")
        return
    read, write = v.read_canonical(raw, "it")
    assert write(read) == raw


def _integers(value: object) -> list[int]:
    if isinstance(value, dict):
        return [one for part in value.values() for one in _integers(part)]
    if isinstance(value, list):
        return [one for part in value for one in _integers(part)]
    return [value] if isinstance(value, int) else []


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"),
        (295147905179352830000.0, "295147905179352830000"),
        (1e21, "1e+21"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (333333333.3333332, "333333333.3333332"),
        (0.000001234, "0.000001234"),
        (-1.5, "-1.5"),
    ],
)
def test_numbers_are_written_as_rfc_8785_appendix_b_writes_them(number: float, text: str) -> None:
    assert v.canonical(number) == text.encode()


def test_names_are_ordered_by_utf_16_units() -> None:
    names = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7}
    raw = '{"\\r":2,"1":4,"\x80":6,"\u00f6":7,"\u20ac":1,"\U0001f600":5,"\ufb33":3}'.encode()
    assert v.canonical(names) == raw
    assert v.read_canonical(raw, "it")[0] == names
    with pytest.raises(v.BrokenError):
        v.read_canonical(json.dumps(names, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode(), "it")
