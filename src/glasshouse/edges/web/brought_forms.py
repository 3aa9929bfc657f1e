# SPDX-License-Identifier: Apache-2.0
"""Forms of what visitors bring. A form parses; a command decides."""

from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from glasshouse.domain.admissions.licences import OPEN
from glasshouse.domain.admissions.rules import MAX_NAME, MAX_WORDS
from glasshouse.domain.admissions.values import Kind, NewBrought
from glasshouse.edges.web.speaking_forms import Words
from glasshouse.edges.web.widgets import exact
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

if TYPE_CHECKING:
    from glasshouse.domain.engagements.models import Engagement


class HandInForm(forms.Form):
    """What a visitor hands in."""

    engagement = forms.ChoiceField(label=_("Engagement"))
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices)
    file = forms.FileField(
        label=_("File"),
        help_text=_("Rules: one text file of at most a mebibyte. A tool: an OCI layout or docker archive as a tar."),
    )
    name = forms.CharField(
        label=_("Name"), max_length=MAX_NAME, help_text=_("For your side alone; the lab is never told it.")
    )
    licence = forms.CharField(
        label=_("Licence"),
        max_length=80,
        help_text=_(
            "Its SPDX identifier, such as MIT. Rules of your own: LicenseRef-Ours, which a custodian may waive."
        ),
        widget=exact(list="licences"),
    )
    purpose = Words(label=_("Purpose"), limit=MAX_WORDS, help_text=_("What it is for; the custodian reads this."))

    def __init__(
        self,
        data: QueryDict | None,
        files: MultiValueDict[str, Any] | None,
        *,
        engagements: "Sequence[Engagement]",
        initial: dict[str, Any] | None = None,
    ) -> None:
        """Offer the viewer's open engagements."""
        super().__init__(data, files, initial=initial)
        field = self.fields["engagement"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- declared above
        field.choices = [(one.uid, one.label) for one in engagements]

    @property
    def licences(self) -> list[str]:
        """Return the open licences, for a field that completes."""
        return sorted(OPEN)

    @property
    def new(self) -> NewBrought:
        """What is handed in, as the command takes it."""
        told = self.cleaned_data
        content: IO[bytes] = told["file"].file
        return NewBrought(
            Uid(told["engagement"]), Kind(told["kind"]), told["name"], told["licence"], told["purpose"], content
        )


class DecideForm(forms.Form):
    """A custodian's word, on the digest that the page showed."""

    digest = forms.CharField(widget=forms.HiddenInput)
    reason = Words(label=_("Reason"), limit=MAX_WORDS, rows=3, help_text=_("Both parties read it."))
    waives_licence = forms.BooleanField(
        label=_("Its licence is not an open one, and I waive that for the reason above"), required=False
    )
    verdict = forms.ChoiceField(choices=[("admit", ""), ("refuse", "")], widget=forms.HiddenInput)

    def clean_digest(self) -> Digest:
        """Read the digest."""
        try:
            return Digest.parse(self.cleaned_data["digest"])
        except InvalidError as error:
            raise forms.ValidationError(error.message) from error
