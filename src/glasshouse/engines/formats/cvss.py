# SPDX-License-Identifier: Apache-2.0
"""CVSS vectors of versions 3.0, 3.1 and 4.0, read strictly: metrics of closed lists, each once, base metrics all there.

The base score of 3.x is worked out here, as its specification's section 7.1 has it. That of 4.0 is looked up in a
table of 270 scores, which is not here: whoever gives such a vector says what it comes to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from glasshouse.engines.formats.sarif import Severity
from glasshouse.kernel.errors import InvalidError

MAX_LENGTH: Final = 400
_V3_BASE: Final = {"AV": "N A L P", "AC": "L H", "PR": "N L H", "UI": "N R", "S": "U C"} | dict.fromkeys("CIA", "H L N")
_V3_MORE: Final = {
    "E": "X H F P U",
    "RL": "X U W T O",
    "RC": "X C R U",
    "CR": "X H M L",
    "IR": "X H M L",
    "AR": "X H M L",
    **{f"M{name}": f"X {values}" for name, values in _V3_BASE.items()},
}
_V4_BASE: Final = {
    "AV": "N A L P",
    "AC": "L H",
    "AT": "N P",
    "PR": "N L H",
    "UI": "N P A",
    **dict.fromkeys(("VC", "VI", "VA", "SC", "SI", "SA"), "H L N"),
}
_V4_MORE: Final = {
    "E": "X A P U",
    "CR": "X H M L",
    "IR": "X H M L",
    "AR": "X H M L",
    **{f"M{name}": f"X {values}" for name, values in _V4_BASE.items()},
    "MSI": "X S H L N",
    "MSA": "X S H L N",
    "S": "X N P",
    "AU": "X N Y",
    "R": "X A U I",
    "V": "X D C",
    "RE": "X L M H",
    "U": "X Clear Green Amber Red",
}
_VERSIONS: Final[Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]]] = {
    "3.0": (_V3_BASE, _V3_MORE),
    "3.1": (_V3_BASE, _V3_MORE),
    "4.0": (_V4_BASE, _V4_MORE),
}
_WEIGHTS: Final = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
}
_LOSSES: Final = {"H": 0.56, "L": 0.22, "N": 0.0}
_PRIVILEGES: Final = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}
_LEAST: Final = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))


class InvalidVectorError(InvalidError):
    """What is no CVSS vector of a version known here."""

    code = "formats.invalid-cvss"


@dataclass(frozen=True, slots=True)
class Vector:
    """A vector: its version, and its metrics as they were given."""

    version: str
    metrics: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a vector such as CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H; raises InvalidVectorError."""
        head, _, rest = text.strip()[: MAX_LENGTH + 1].partition("/")
        version = head.removeprefix("CVSS:")
        if not head.startswith("CVSS:") or version not in _VERSIONS or len(text.strip()) > MAX_LENGTH:
            raise InvalidVectorError("Not a CVSS vector.", hint="It begins with CVSS:3.0/, CVSS:3.1/ or CVSS:4.0/.")
        base, more = _VERSIONS[version]
        known, metrics = {**base, **more}, dict[str, str]()
        for part in rest.split("/"):
            name, _, value = part.partition(":")
            if name not in known or value not in known[name].split() or name in metrics:
                raise InvalidVectorError(f"CVSS {version} has no such metric, or has it twice: {part[:40]!r}")
            metrics[name] = value
        missing = [name for name in base if name not in metrics]
        if missing:
            raise InvalidVectorError(f"A CVSS {version} vector has the metric {missing[0]} too.")
        return cls(version, metrics)

    def __str__(self) -> str:
        """Return the vector as it was given."""
        return "/".join([f"CVSS:{self.version}", *(f"{name}:{value}" for name, value in self.metrics.items())])

    @property
    def base_score(self) -> float | None:
        """Return the base score; None for version 4.0."""
        return None if self.version == "4.0" else _v3_score(self.metrics)

    @property
    def severity(self) -> Severity | None:
        """Return the qualitative rating of the base score, with `note` for none; None for version 4.0."""
        score = self.base_score
        if score is None:
            return None
        return next((severity for least, severity in _LEAST if score >= least), Severity.NOTE)


def _v3_score(metrics: Mapping[str, str]) -> float:
    is_changed = metrics["S"] == "C"
    left = 1.0
    for name in "CIA":
        left *= 1 - _LOSSES[metrics[name]]
    lost = 1 - left
    impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 if is_changed else 6.42 * lost
    if impact <= 0:
        return 0.0
    ease = 8.22 * _PRIVILEGES[metrics["S"]][metrics["PR"]]
    for name in ("AV", "AC", "UI"):
        ease *= _WEIGHTS[name][metrics[name]]
    return _rounded_up(min((1.08 if is_changed else 1) * (impact + ease), 10))


def _rounded_up(value: float) -> float:
    """Round up to one decimal, in integers as appendix A of 3.1 asks: floats would make 4.0 of 3.9999 or 4.1 of 4.0."""
    hundred_thousandths = round(value * 100_000)
    if hundred_thousandths % 10_000 == 0:
        return hundred_thousandths / 100_000
    return (hundred_thousandths // 10_000 + 1) / 10
