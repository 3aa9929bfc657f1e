# SPDX-License-Identifier: Apache-2.0
"""What became of a tool's files as one strip, and the words for it: the picture and the words say the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from glasshouse.domain.scans.progress import Mark


@dataclass(frozen=True, slots=True)
class Look:
    """How files of one mark are drawn and called. Without a `fill` they are hatched; `kind` is the mark of a word."""

    label: Any
    fill: str
    kind: str


LOOKS: Final[Mapping[Mark, Look]] = {
    Mark.ANALYSED: Look(_("analysed"), "f-act", "pass"),
    Mark.CACHED: Look(_("known from before"), "f-3", "same"),
    Mark.SKIPPED: Look(_("skipped"), "", "missing"),
    Mark.TIMED_OUT: Look(_("timed out"), "f-lapse", "lapsed"),
    Mark.CRASHED: Look(_("crashed"), "f-fail", "fail"),
    Mark.NOT_APPLICABLE: Look(_("not applicable"), "f-1", "na"),
    Mark.LEFT_OUT: Look(_("not looked at"), "f-2", "missing"),
    Mark.WAITING: Look(_("waiting"), "f-0", "wait"),
}
_PATTERN: Final = (
    '<defs><pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="f-0" width="6" height="6"/><path class="h-line" d="M0 0V6"/></pattern></defs>'
)


def said(counts: Mapping[Mark, int]) -> str:
    """Say the counts in words."""
    parts = [f"{intcomma(counts[mark])} {look.label}" for mark, look in LOOKS.items() if counts.get(mark)]
    return ", ".join(parts)


def strip(counts: Mapping[Mark, int], name: str) -> SafeString:
    """Draw the counts; `name` tells the strips of a page apart."""
    total = sum(counts.values()) or 1
    parts = [f'<svg class="strip" role="img" aria-label="{escape(said(counts))}">', _PATTERN.format(name=name)]
    parts.append('<rect class="f-0" width="100%" height="100%"/>')
    at = 0.0
    for mark, look in LOOKS.items():
        width = 100 * counts.get(mark, 0) / total
        if width and mark is not Mark.WAITING:
            fill = f'class="{look.fill}"' if look.fill else f'fill="url(#{name})"'
            parts.append(f'<rect x="{at:.2f}%" width="{width:.2f}%" height="100%" {fill}/>')
        at += width
    return mark_safe("".join([*parts, "</svg>"]))  # noqa: S308 -- words are escaped, the rest is numbers and our names


def legend() -> list[tuple[Any, str]]:
    """Return what each colour means."""
    return [(look.label, look.fill) for look in LOOKS.values()]
