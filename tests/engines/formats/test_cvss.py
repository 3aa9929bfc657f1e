# SPDX-License-Identifier: Apache-2.0
"""CVSS vectors: read strictly, written as they came, base scores as the specification's examples have them."""

import pytest

from glasshouse.engines.formats.cvss import InvalidVectorError, Vector
from glasshouse.engines.formats.sarif import Severity

# Vectors and base scores of the examples published with the specification of 3.1.
EXAMPLES = {
    "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:N/I:L/A:N": (4.3, Severity.MEDIUM),
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N": (6.1, Severity.MEDIUM),
    "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N": (6.4, Severity.MEDIUM),
    "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N": (3.1, Severity.LOW),
    "CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H": (7.8, Severity.HIGH),
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:N/I:L/A:N": (5.8, Severity.MEDIUM),
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H": (9.8, Severity.CRITICAL),
    "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H": (9.9, Severity.CRITICAL),
    "CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N": (0.0, Severity.NOTE),
    "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N": (7.5, Severity.HIGH),
}
NEWER = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_vector_is_written_as_it_came_and_has_its_base_score(text: str) -> None:
    vector = Vector.parse(f" {text} ")
    assert (vector.base_score, vector.severity) == EXAMPLES[text]
    assert str(vector) == text


def test_a_vector_of_4_0_is_read_and_tells_no_score() -> None:
    vector = Vector.parse(f"{NEWER}/E:P/MSI:S/U:Amber")
    assert (vector.version, vector.base_score, vector.severity) == ("4.0", None, None)
    assert str(vector) == f"{NEWER}/E:P/MSI:S/U:Amber"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AV:N/AC:L/Au:N/C:P/I:P/A:P",
        "CVSS:2.0/AV:N",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/A:L",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:M",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/",
        "CVSS:3.1/AV:N L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        f"{NEWER}/MSC:S",
        f"{NEWER}/X:{'x' * 400}",
    ],
)
def test_what_is_no_vector_is_refused(text: str) -> None:
    with pytest.raises(InvalidVectorError):
        Vector.parse(text)
