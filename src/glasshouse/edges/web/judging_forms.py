# SPDX-License-Identifier: Apache-2.0
"""The form of a verdict. A form parses; a command decides."""

from datetime import datetime, timedelta
from typing import Final

from django import forms
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from glasshouse.domain.findings.values import Severity
from glasshouse.domain.triage.rules import MAX_REASON, WIDE_DAYS
from glasshouse.domain.triage.values import Justification, NewVerdict, Side, State, severity
from glasshouse.edges.web.speaking_forms import Words
from glasshouse.edges.web.widgets import exact

_MAX_DAYS: Final = 3_650
_ONLY: Final = {Side.OWNER: {State.FIX_VERIFIED}, Side.ASSESSOR: {State.FIX_CLAIMED}, Side.VISITOR: {State.FIX_CLAIMED}}
"""What a side never says."""


class VerdictForm(forms.Form):
    """A verdict: what is said, why, for how long. `pattern` is asked for one detection alone."""

    state = forms.ChoiceField(label=_("Verdict"))
    reason = Words(label=_("Reason"), limit=MAX_REASON, rows=3)
    days = forms.IntegerField(
        label=_("Expires after, in days"),
        min_value=1,
        max_value=_MAX_DAYS,
        required=False,
        help_text=_("Left out, it counts until another verdict is given."),
    )
    justification = forms.ChoiceField(
        label=_("Why it is not affected"), choices=[("", _("not said")), *Justification.choices], required=False
    )
    vector = forms.CharField(
        label=_("CVSS vector"), max_length=400, required=False, widget=exact(), help_text=_("3.0, 3.1 or 4.0.")
    )
    severity = forms.ChoiceField(
        label=_("Severity"), choices=[("", _("as the tool says, or the vector")), *Severity.choices], required=False
    )
    pattern = forms.CharField(
        label=_("On its rule, at all paths of"),
        max_length=400,
        required=False,
        widget=exact(),
        help_text=_("Such as src/**. It covers what is found later, so it expires within %(days)s days.")
        % {"days": WIDE_DAYS},
    )
    is_shared = forms.BooleanField(label=_("The vendor reads it too"), required=False)

    def __init__(self, side: Side, data: QueryDict | None, *, many: bool, initial: str = "") -> None:
        """Offer what the viewer's side may say of so many."""
        super().__init__(data, initial={"state": initial}, auto_id="verdict-%s")
        never = _ONLY[side]
        self.fields["reason"].widget.attrs["autofocus"] = True  # a key led here, and the next are the reason
        field = self.fields["state"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- it is one, above
        field.choices = [(one.value, capfirst(one.label)) for one in State if one not in never]
        if many:
            del self.fields["pattern"]
        if side != Side.VISITOR:
            del self.fields["is_shared"]

    def verdict(self, now: datetime) -> NewVerdict:
        """Return what was said; the form is valid."""
        told = self.cleaned_data
        return NewVerdict(
            State(told["state"]),
            told["reason"],
            expires_at=now + timedelta(days=told["days"]) if told["days"] else None,
            justification=Justification(told["justification"]) if told["justification"] else None,
            vector=told["vector"],
            severity=severity(told["severity"]),
            is_shared=told.get("is_shared", False),
        )
