# SPDX-License-Identifier: Apache-2.0
"""Maps: what they draw is as large as it is, inside, without overlap, and says itself."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.edges.web.treemap import MOST, Box, Cell, drawn, squarified

WEIGHTS = st.lists(st.integers(1, 10**7), min_size=1, max_size=MOST).map(lambda one: sorted(one, reverse=True))


@given(WEIGHTS)
def test_areas_are_as_the_weights_and_fill_the_box_without_overlap(weights: list[int]) -> None:
    boxes = squarified(weights, Box(0, 0, 860, 300))
    scale = 860 * 300 / sum(weights)
    for weight, box in zip(weights, boxes, strict=True):
        assert box.width * box.height == pytest.approx(weight * scale, rel=1e-6)
        assert box.x >= -1e-6
        assert box.y >= -1e-6
        assert box.x + box.width <= 860 + 1e-6
        assert box.y + box.height <= 300 + 1e-6
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 :]:
            wide = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
            high = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
            assert wide <= 1e-3 or high <= 1e-3


def test_equal_weights_are_drawn_about_square() -> None:
    for box in squarified([1] * 16, Box(0, 0, 400, 400)):
        assert 0.5 <= box.width / box.height <= 2


def test_a_hostile_name_is_text_and_no_markup() -> None:
    hostile = "<script>alert(1)</script>\"'&"
    svg = drawn(
        [Cell(5, hostile, f"{hostile}, none", '/r/"x', "f-1", is_risky=True)], "m", hostile, width=860, height=300
    )
    root = ET.fromstring(svg)  # noqa: S314 -- our own
    assert "<script" not in svg
    assert "style=" not in svg
    link = next(one for one in root.iter() if one.tag == "a")
    assert link.get("aria-label") == f"{hostile}, none"


def test_an_unread_cell_is_hatched_and_never_pale() -> None:
    svg = drawn([Cell(5, "main.c", "main.c", "/x", "")], "m", "map", width=860, height=300)
    assert 'fill="url(#m-hatch)"' in svg
