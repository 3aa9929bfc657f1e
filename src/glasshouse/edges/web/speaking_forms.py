# SPDX-License-Identifier: Apache-2.0
"""Forms of notes, questions and findings. A form parses; a command decides."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from glasshouse.domain.findings.rules import MAX_TITLE
from glasshouse.domain.findings.values import Severity, Step
from glasshouse.domain.readingroom.rules import MAX_NOTE
from glasshouse.domain.threads.rules import MAX_WORDS
from glasshouse.edges.web.widgets import exact
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.lines import Span
from glasshouse.kernel.texts import UnreadableTextError, readable

if TYPE_CHECKING:
    from glasshouse.domain.releases.models import Release

Data = QueryDict | None


class Words(forms.CharField):
    """A text that says to every reader what it says to the first; what is wrong with it stands beside its field."""

    def __init__(self, *, limit: int, rows: int = 4, **options: Any) -> None:  # noqa: ANN401 -- a field's own options
        """Take as many characters as the command does."""
        self._limit = limit
        # Django strips what would be refused, NUL among it, with other words than ours.
        super().__init__(strip=False, widget=forms.Textarea(attrs={"rows": rows, "maxlength": limit}), **options)

    def clean(self, value: object) -> str:
        """Check the text as the command will."""
        try:
            return readable(str(value or ""), what=str(self.label), limit=self._limit, may_be_empty=not self.required)
        except UnreadableTextError as error:
            raise forms.ValidationError(f"{error.message} {error.hint}".strip()) from error


class LinesField(forms.CharField):
    """Lines of a file: 12 or 12-40."""

    def clean(self, value: object) -> Span:
        """Read the range."""
        try:
            return Span.parse(str(value or "").strip().replace("\u2013", "-"))
        except InvalidError as error:
            raise forms.ValidationError(f"{error.message} {error.hint}".strip()) from error


def _lines(label: Any) -> LinesField:  # noqa: ANN401 -- a lazy text
    return LinesField(label=label, widget=exact(inputmode="numeric"))


class NoteForm(forms.Form):
    """A note, on lines or on a search; `about_lines` says which."""

    lines = _lines(_("On lines"))
    words = Words(limit=MAX_NOTE, label=_("Note"))
    shared = forms.BooleanField(label=_("Colleagues of this engagement may read it"), required=False)

    def __init__(self, data: Data = None, *, about_lines: bool, **options: Any) -> None:  # noqa: ANN401 -- a form's own options
        """Ask for lines where there are any."""
        super().__init__(data, auto_id="note-%s", **options)
        if not about_lines:
            del self.fields["lines"]


class QuestionForm(forms.Form):
    """A question on lines."""

    lines = _lines(_("About lines"))
    words = Words(limit=MAX_WORDS, label=_("Question"))

    def __init__(self, data: Data = None, **options: Any) -> None:  # noqa: ANN401 -- a form's own options
        """Keep its fields' ids apart from a note's on the same page."""
        super().__init__(data, auto_id="question-%s", **options)


class SayForm(forms.Form):
    """A word in a thread."""

    words = Words(limit=MAX_WORDS, label=_("Your words"))


class SoughtForm(forms.Form):
    """What is looked for in notes. It is posted: what a visitor looks for stands in no address."""

    text = forms.CharField(label=_("In words, files and searches"), required=False, max_length=200)


class FindingForm(forms.Form):
    """A finding, in words that both parties read."""

    title = forms.CharField(label=_("Title"), max_length=MAX_TITLE)
    severity = forms.ChoiceField(label=_("Severity"), choices=Severity.choices, initial=Severity.MEDIUM)
    words = Words(limit=MAX_WORDS, rows=8, label=_("What is wrong"))


class StepForm(forms.Form):
    """A step on a finding, with its reason; a claimed fix names its release."""

    step = forms.ChoiceField(label=_("Step"), widget=forms.RadioSelect)
    release = forms.ChoiceField(label=_("Release that holds the fix"), required=False)
    words = Words(limit=MAX_WORDS, label=_("Reason"))

    def __init__(self, data: Data = None, *, steps: Sequence[Step], releases: "Sequence[Release]") -> None:
        """Offer what may follow."""
        super().__init__(data, auto_id="step-%s")
        step, release = self.fields["step"], self.fields["release"]
        if isinstance(step, forms.ChoiceField) and isinstance(release, forms.ChoiceField):
            step.choices = [(one.value, capfirst(one.label)) for one in steps]
            step.initial = steps[0] if len(steps) == 1 else None
            release.choices = [("", "\u2013"), *((one.uid, one.version) for one in releases)]
        if Step.FIX not in steps:
            del self.fields["release"]
