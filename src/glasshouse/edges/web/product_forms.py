# SPDX-License-Identifier: Apache-2.0
"""Forms of products, and of a visitor who asks for text. A form parses; a command decides."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from glasshouse.domain.readingroom.rules import MAX_WORDS
from glasshouse.domain.readingroom.values import TextReason
from glasshouse.domain.releases.reading import COPY, MAX_REASON, PICTURES, PRINT, SELECT, Reading

Data = QueryDict | None


class ReadingForm(forms.Form):
    """What is on for readers of a product."""

    on = forms.MultipleChoiceField(
        label=_("On for readers"),
        choices=[
            (SELECT, _("Selecting lines")),
            (COPY, _("Copying lines: needs selection")),
            (PRINT, _("Printing pages, watermark included")),
            (
                PICTURES,
                _("Lines as pictures: no text in the page, nor for a screen reader until it is asked for"),
            ),
        ],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    reason = forms.CharField(
        label=_("Reason, kept in the journal"),
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: Data, *, now: Reading, has_font: bool) -> None:
        """Start from what is on now; a lab without a font cannot draw."""
        super().__init__(data, initial={"on": now.text.split()})
        self._has_font = has_font

    def clean_on(self) -> list[str]:
        """Refuse pictures where none can be drawn."""
        chosen: list[str] = self.cleaned_data["on"]
        if PICTURES in chosen and not self._has_font:
            raise ValidationError(_("This lab cannot draw lines: the operator installs a fixed-width font first."))
        return chosen

    def reading(self) -> Reading:
        """Return what was chosen; raises BadReadingError."""
        return Reading.parse(" ".join(self.cleaned_data["on"]))


class TextForm(forms.Form):
    """Why a visitor asks for text."""

    reason = forms.ChoiceField(
        label=_("Why"),
        choices=[
            (TextReason.ASSISTIVE.value, _("I read with a screen reader, braille or a magnifier")),
            (TextReason.UNREADABLE.value, _("The pictures are not readable on this screen")),
            (TextReason.OTHER.value, _("Something else, said below")),
        ],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label=_("In your words, if you like"),
        max_length=MAX_WORDS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for words where the reason has none of its own."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("reason") == TextReason.OTHER.value and not cleaned.get("words", "").strip():
            self.add_error("words", _("Say what it is."))
        return cleaned
