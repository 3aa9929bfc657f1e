# SPDX-License-Identifier: Apache-2.0
"""Forms of the desk: what two people will decide, and one person's word on it. A form parses; a command decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from glasshouse.domain.access.rules import WINDOWS, limits_of
from glasshouse.domain.access.values import USUAL, Conditions, Limits, NewGrant, Patterns, Purpose
from glasshouse.domain.approvals.values import Verdict
from glasshouse.domain.sites.values import SiteName
from glasshouse.edges.web.widgets import exact
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

if TYPE_CHECKING:
    from glasshouse.domain.releases.models import Product, Release

Data = QueryDict | None
Initial = dict[str, Any]
_MOMENT = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class Engaged:
    """An open engagement as a grant may be proposed in it: its people by address, the uids of its releases."""

    uid: str
    label: str
    organisation: str
    people: Mapping[str, str]
    releases: frozenset[str]
    depth: str


def _moment() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MOMENT)


class GrantForm(forms.Form):
    """A grant as it will be proposed."""

    engagement = forms.ChoiceField(label=_("Engagement"))
    holder = forms.ChoiceField(label=_("Reviewer"))
    releases = forms.MultipleChoiceField(label=_("Releases, all of one product"), widget=forms.CheckboxSelectMultiple)
    patterns = forms.CharField(
        label=_("Path patterns, one a line"),
        help_text=_("** is the whole release; src/** a folder and all below it; **/*.c every file with that ending."),
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono", "spellcheck": "false"}),
    )
    begins = forms.DateTimeField(label=_("Begins"), widget=_moment(), input_formats=[_MOMENT])
    ends = forms.DateTimeField(label=_("Ends"), widget=_moment(), input_formats=[_MOMENT])
    purposes = forms.MultipleChoiceField(
        label=_("What for"),
        choices=Purpose.choices,
        initial=sorted(USUAL),
        widget=forms.CheckboxSelectMultiple,
    )
    sites = forms.MultipleChoiceField(
        label=_("Only at these sites; at none, anywhere that the export decision covers"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    at_workstation = forms.BooleanField(label=_("Only at a workstation of the lab"), required=False)
    accompanied = forms.BooleanField(label=_("Only with a second person present"), required=False)
    hour = forms.IntegerField(label=_("Lines an hour"), min_value=1, required=False)
    day = forms.IntegerField(label=_("Lines a day"), min_value=1, required=False)
    visit = forms.IntegerField(label=_("Lines a visit"), min_value=1, required=False)
    total = forms.IntegerField(label=_("Lines in all"), min_value=1, required=False)

    def __init__(
        self,
        data: Data,
        *,
        engagements: "Sequence[Engaged]",
        releases: "Sequence[Release]",
        sites: Sequence[SiteName],
        initial: Initial,
    ) -> None:
        """Offer these engagements with their people, of these releases theirs, and sites; nothing else can be named."""
        super().__init__(data, initial=initial)
        self._engagements = {one.uid: one for one in engagements}
        self._releases = {row.uid: row for row in releases}
        self.new: NewGrant | None = None
        holders = [(email, name) for one in engagements for email, name in one.people.items()]
        engagement, holder, offered = self.fields["engagement"], self.fields["holder"], self.fields["releases"]
        if isinstance(engagement, forms.ChoiceField):
            named = [(one.uid, f"{one.label}, {one.organisation}") for one in engagements]
            engagement.choices = named if len(named) == 1 else [("", _("Choose an engagement")), *named]
        if isinstance(holder, forms.ChoiceField) and isinstance(offered, forms.ChoiceField):
            holder.choices = [("", _("Choose a reviewer")), *dict(holders).items()]
            offered.choices = [(row.uid, str(row)) for row in releases]
        places = self.fields["sites"]
        if isinstance(places, forms.ChoiceField):
            places.choices = [(one.uid.text, f"{one.name}, {one.place}") for one in sites]

    def clean_patterns(self) -> Patterns:
        """Read the patterns as a grant does."""
        try:
            return Patterns.of(str(self.cleaned_data["patterns"]).splitlines())
        except InvalidError as error:
            raise ValidationError(f"{error.message} {error.hint}") from error

    def clean_releases(self) -> tuple[Uid, ...]:
        """Refuse releases of two products."""
        chosen: list[str] = self.cleaned_data["releases"]
        if len({self._releases[uid].product_id for uid in chosen}) > 1:
            raise ValidationError(_("A grant's releases are of one product. Propose another grant for the other one."))
        return tuple(Uid(uid) for uid in chosen)

    def clean(self) -> dict[str, Any]:
        """Make the grant."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors or not self._is_engaged(cleaned):
            return cleaned
        try:
            self.new = NewGrant(
                engagement=Uid(cleaned["engagement"]),
                holder=cleaned["holder"],
                product=Uid(self._releases[cleaned["releases"][0].text].product.uid),
                releases=cleaned["releases"],
                patterns=cleaned["patterns"],
                begins=_utc(cleaned["begins"]),
                ends=_utc(cleaned["ends"]),
                limits=self._limits(cleaned),
                purposes=frozenset(Purpose(one) for one in cleaned["purposes"]),
                conditions=Conditions(
                    frozenset(Uid(site) for site in cleaned["sites"]),
                    at_workstation=cleaned["at_workstation"],
                    accompanied=cleaned["accompanied"],
                ),
            )
        except InvalidError as error:
            self.add_error("ends", error.message)
        return cleaned

    def _limits(self, cleaned: dict[str, Any]) -> Limits:
        """Return what is written, and of the engagement's depth what is left empty."""
        lines = max(self._releases[uid.text].lines for uid in cleaned["releases"])
        starting = limits_of(self._engagements[cleaned["engagement"]].depth, lines)
        return replace(starting, **{name: cleaned[name] for name in WINDOWS if cleaned.get(name)})

    def _is_engaged(self, cleaned: dict[str, Any]) -> bool:
        """Say whether the engagement names this person and these releases."""
        engaged = self._engagements[cleaned["engagement"]]
        if cleaned["holder"] not in engaged.people:
            self.add_error("holder", _("This engagement does not name this person."))
        if not {uid.text for uid in cleaned["releases"]} <= engaged.releases:
            self.add_error("releases", _("The scope of this engagement does not name each of these releases."))
        return not self.errors


class ErasureForm(forms.Form):
    """Whose data is to be erased, and why."""

    email = forms.CharField(
        label=_("The person's address"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),  # a browser's own type is ASCII's
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        help_text=_("It stays, and is decided on: write no name into it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ShreddingForm(forms.Form):
    """Which product's key is to be destroyed."""

    product = forms.ChoiceField(label=_("Product"))
    again = forms.CharField(
        label=_("Its name again"),
        help_text=_("What is destroyed is gone for everybody, backups included."),
        widget=exact(),
    )

    def __init__(self, data: Data, *, products: "Sequence[Product]") -> None:
        """Offer these products."""
        super().__init__(data)
        product = self.fields["product"]
        if isinstance(product, forms.ChoiceField):
            product.choices = [("", _("Choose a product")), *((row.slug, row.slug) for row in products)]

    def clean(self) -> dict[str, Any]:
        """Ask for the name twice."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and cleaned["again"].strip() != cleaned["product"]:
            self.add_error("again", _("This is another name than the product you chose."))
        return cleaned


class DecisionForm(forms.Form):
    """One person's word on exactly the statement they were shown."""

    verdict = forms.ChoiceField(choices=Verdict.choices)
    digest = forms.CharField(widget=forms.HiddenInput)
    basis = forms.CharField(
        label=_("Number of the export decision"),
        help_text=_("For instance EC-2026-0117. Agreeing names it; the ledger keeps it."),
        max_length=200,
        required=False,
        widget=exact(),
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Asked for when you refuse. Everybody who decides reads it."),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: Data, *, names_basis: bool, initial: Initial) -> None:
        """Ask for the basis only of those whose agreement names it."""
        super().__init__(data, initial=initial)
        self._names_basis = names_basis
        if not names_basis:
            del self.fields["basis"]

    def clean_digest(self) -> Digest:
        """Read the digest of what was shown."""
        try:
            return Digest.parse(str(self.cleaned_data["digest"]))
        except InvalidError as error:
            raise ValidationError(error.message) from error

    def clean(self) -> dict[str, Any]:
        """Ask for a reason to refuse, and for a basis to agree where one is named."""
        cleaned: dict[str, Any] = super().clean() or {}
        verdict = cleaned.get("verdict")
        if verdict == Verdict.REFUSE and not cleaned.get("reason", "").strip():
            self.add_error("reason", _("Say why you refuse."))
        if verdict == Verdict.AGREE and self._names_basis and not cleaned.get("basis", "").strip():
            self.add_error("basis", _("Your agreement names the export decision."))
        return cleaned


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
