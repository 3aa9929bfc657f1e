# SPDX-License-Identifier: Apache-2.0
"""Forms of engagements: asking, vetting, deciding, changing, closing. A form parses; a command decides."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from glasshouse.domain.engagements import rules
from glasshouse.domain.engagements.values import (
    Amendment,
    Category,
    Depth,
    Ending,
    Ground,
    NewExportDecision,
    NewRequest,
    TermsKind,
    Vetting,
    Words,
)
from glasshouse.edges.web.widgets import exact
from glasshouse.kernel import countries
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import readable

if TYPE_CHECKING:
    from glasshouse.domain.people.models import Person
    from glasshouse.domain.releases.models import Release

Data = QueryDict | None
Initial = dict[str, Any]
Choices = Sequence[tuple[str, str]]
_MOMENT = "%Y-%m-%dT%H:%M"


def _area(rows: int, **attributes: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attributes})


def _moment(label: Any, **options: Any) -> forms.DateTimeField:  # noqa: ANN401 -- a lazy text; a field's own options
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MOMENT)
    return forms.DateTimeField(label=label, widget=widget, input_formats=[_MOMENT], **options)


def _offer(field: forms.Field, choices: Choices) -> None:
    if isinstance(field, forms.ChoiceField):
        field.choices = list(choices)


def _uids(chosen: Sequence[str]) -> tuple[Uid, ...]:
    return tuple(Uid(text) for text in chosen)


class _Checked(forms.Form):
    """A form whose texts are checked as the commands will, so that what is wrong stands beside its field."""

    texts: ClassVar[Mapping[str, int]] = {}

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc] # Django's own, which its stubs leave out
        for name, limit in self.texts.items():
            if name in self.cleaned_data:
                self._keep(name, partial(readable, what="This", limit=limit, may_be_empty=True))

    def _keep(self, name: str, check: Callable[[str], object]) -> None:
        try:
            self.cleaned_data[name] = check(str(self.cleaned_data[name]))
        except InvalidError as error:
            self.add_error(name, f"{error.message} {error.hint}".strip())


class AskForm(_Checked):
    """What an organisation asks for, in its own words."""

    category = forms.ChoiceField(label=_("What you ask for"), choices=Category.choices)
    named = forms.CharField(
        label=_("Product or service"),
        help_text=_("As you know it: from its label, your invoice, your contract. The lab finds out what you mean."),
        max_length=rules.MAX_NAME,
    )
    version = forms.CharField(
        label=_("Exact release"),
        help_text=_("The one that you run or will run. A service has none."),
        max_length=rules.MAX_NAME,
        required=False,
        widget=forms.TextInput(attrs={"class": "mono"}),
    )
    depth = forms.ChoiceField(label=_("Depth"), choices=Depth.choices, initial=Depth.TARGETED)
    purpose = forms.CharField(label=_("Purpose"), help_text=_("What you want to know, and for whom."), widget=_area(4))
    tests = forms.CharField(
        label=_("Tests that you order"),
        help_text=_("Needed for tests by the lab; welcome with a review."),
        required=False,
        widget=_area(3),
    )
    tools = forms.CharField(
        label=_("Your own tools"), help_text=_("Each is looked at before it runs."), required=False, widget=_area(2)
    )
    interests = forms.CharField(
        label=_("What could make you partial"),
        help_text=_("Work for a competitor, shares, a dispute. “None” is an answer."),
        widget=_area(2),
    )
    people = forms.CharField(
        label=_("People, one address a line"),
        help_text=_("Reviewers of your organisation who have an account here."),
        widget=_area(3, spellcheck="false", **{"class": "mono"}),
    )
    begins = _moment(_("From"))
    ends = _moment(_("To"))
    sites = forms.MultipleChoiceField(
        label=_("Sites that suit you"), widget=forms.CheckboxSelectMultiple, required=False
    )

    texts: ClassVar = {"named": rules.MAX_NAME, "version": rules.MAX_NAME} | dict.fromkeys(
        ("purpose", "tests", "tools", "interests"), rules.MAX_TEXT
    )

    def __init__(self, data: Data, *, sites: Choices, initial: Initial) -> None:
        """Offer these sites."""
        super().__init__(data, initial=initial)
        self.new: NewRequest | None = None
        _offer(self.fields["sites"], sites)

    def clean(self) -> dict[str, Any]:
        """Make the request."""
        cleaned: dict[str, Any] = super().clean() or {}
        category = cleaned.get("category")
        if category != Category.SERVICE and not cleaned.get("version", "x"):
            self.add_error("version", _("Name the exact release: it is what is looked at, and no other."))
        if category == Category.TESTS and not cleaned.get("tests", "x"):
            self.add_error("tests", _("Say which tests the lab is to run."))
        if self.errors:
            return cleaned
        try:
            self.new = NewRequest(
                category=Category(cleaned["category"]),
                depth=Depth(cleaned["depth"]),
                words=Words(
                    **{name: cleaned[name] for name in ("named", "version", "purpose", "tests", "tools", "interests")}
                ),
                people=tuple(cleaned["people"].split()),
                begins=_utc(cleaned["begins"]),
                ends=_utc(cleaned["ends"]),
                sites=_uids(cleaned["sites"]),
            )
        except InvalidError as error:
            self.add_error("ends" if cleaned["ends"] <= cleaned["begins"] else "depth", error.message)
        return cleaned


class VettingForm(_Checked):
    """What a request means here."""

    releases = forms.MultipleChoiceField(
        label=_("Releases, all of one product"), widget=forms.CheckboxSelectMultiple, required=False
    )
    service = forms.CharField(label=_("Name of the service here"), max_length=rules.MAX_NAME, required=False)
    note = forms.CharField(label=_("Note"), help_text=_("Both parties read it."), required=False, widget=_area(3))
    texts: ClassVar = {"service": rules.MAX_NAME, "note": rules.MAX_TEXT}

    def __init__(self, data: Data, *, releases: "Sequence[Release]", is_service: bool) -> None:
        """Offer these releases; a service has a name instead."""
        super().__init__(data)
        self._products = {row.uid: row.product_id for row in releases}
        del self.fields["releases" if is_service else "service"]
        if not is_service:
            self.fields["releases"].required = True
            _offer(self.fields["releases"], [(row.uid, str(row)) for row in releases])
        else:
            self.fields["service"].required = True

    def clean_releases(self) -> list[str]:
        """Refuse releases of two products."""
        chosen: list[str] = self.cleaned_data["releases"]
        if len({self._products[uid] for uid in chosen}) > 1:
            raise ValidationError(_("An engagement is on one product. Open another one for the other."))
        return chosen

    @property
    def vetting(self) -> Vetting:
        """Return what was found; the form is valid."""
        cleaned = self.cleaned_data
        return Vetting(_uids(cleaned.get("releases", ())), cleaned.get("service", ""), cleaned["note"])


class ExportForm(_Checked):
    """An officer's decision on product class, persons and places of reading."""

    number = forms.CharField(
        label=_("Number of the decision"),
        help_text=_("For instance EC-2026-0117; who opens a grant names it."),
        max_length=80,
        widget=exact(),
    )
    product_class = forms.CharField(
        label=_("Class of product"),
        help_text=_("As your control list has it, for instance 5D002."),
        max_length=80,
        widget=forms.TextInput(attrs={"class": "mono"}),
    )
    people = forms.MultipleChoiceField(label=_("Persons"), widget=forms.CheckboxSelectMultiple)
    sites = forms.MultipleChoiceField(
        label=_("Sites where they may read"), widget=forms.CheckboxSelectMultiple, required=False
    )
    countries = forms.CharField(
        label=_("Countries where they may read outside a site"),
        help_text=_("Two letters each, for instance BE FR. Empty: at the sites alone."),
        required=False,
        widget=forms.TextInput(attrs={"class": "mono"}),
    )
    until = _moment(_("Until"))
    texts: ClassVar = {"number": 80, "product_class": 80}

    def __init__(self, data: Data, *, people: "Sequence[Person]", sites: Choices, initial: Initial) -> None:
        """Offer these persons and sites."""
        super().__init__(data, initial=initial)
        _offer(self.fields["people"], [(person.uid, person.name) for person in people])
        _offer(self.fields["sites"], sites)

    def clean_countries(self) -> tuple[str, ...]:
        """Read the countries."""
        try:
            return tuple(dict.fromkeys(countries.parse(text) for text in str(self.cleaned_data["countries"]).split()))
        except InvalidError as error:
            raise ValidationError(f"{error.message} {error.hint}") from error

    def clean(self) -> dict[str, Any]:
        """Ask for one place at least."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not cleaned["sites"] and not cleaned["countries"]:
            self.add_error("countries", _("Name a site or a country: a place of reading is part of the decision."))
        return cleaned

    @property
    def decision(self) -> NewExportDecision:
        """Return the decision; the form is valid."""
        cleaned = self.cleaned_data
        return NewExportDecision(
            number=cleaned["number"],
            product_class=cleaned["product_class"],
            people=_uids(cleaned["people"]),
            until=_utc(cleaned["until"]),
            sites=_uids(cleaned["sites"]),
            countries=cleaned["countries"],
        )


class RefusalForm(_Checked):
    """A ground from the closed list, and the reason that both parties keep."""

    ground = forms.ChoiceField(label=_("Ground"), choices=[("", _("Choose a ground")), *Ground.choices])
    reason = forms.CharField(label=_("Reason"), help_text=_("The organisation reads it."), widget=_area(3))
    texts: ClassVar = {"reason": rules.MAX_TEXT}


class ReasonForm(_Checked):
    """Why something ends."""

    reason = forms.CharField(label=_("Reason"), help_text=_("Both parties keep it."), widget=_area(3))
    texts: ClassVar = {"reason": rules.MAX_TEXT}


class ClosingForm(_Checked):
    """How an engagement ends."""

    ending = forms.ChoiceField(label=_("How it ends"))
    reason = forms.CharField(
        label=_("Reason"), help_text=_("Asked for unless it is completed."), required=False, widget=_area(3)
    )
    texts: ClassVar = {"reason": rules.MAX_TEXT}

    def __init__(self, data: Data, *, is_vendor: bool) -> None:
        """Let each party speak for itself."""
        super().__init__(data)
        other = Ending.ENDED_BY_VISITOR if is_vendor else Ending.ENDED_BY_LAB
        _offer(self.fields["ending"], [(value, label) for value, label in Ending.choices if value != other])

    def clean(self) -> dict[str, Any]:
        """Ask for a reason where it ends early."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("ending", Ending.COMPLETED) != Ending.COMPLETED and not cleaned.get("reason", "x"):
            self.add_error("reason", _("Say why it ends before it is completed."))
        return cleaned


class AmendmentForm(forms.Form):
    """What is added to an engagement's scope."""

    releases = forms.MultipleChoiceField(
        label=_("Releases to add"), widget=forms.CheckboxSelectMultiple, required=False
    )
    people = forms.MultipleChoiceField(label=_("People to add"), widget=forms.CheckboxSelectMultiple, required=False)
    ends = _moment(_("It ends"), required=False)

    def __init__(
        self, data: Data, *, releases: "Sequence[Release]", people: "Sequence[Person]", initial: Initial
    ) -> None:
        """Offer what is not in the scope yet."""
        super().__init__(data, initial=initial)
        _offer(self.fields["releases"], [(row.uid, str(row)) for row in releases])
        _offer(self.fields["people"], [(person.uid, person.name) for person in people])

    def clean(self) -> dict[str, Any]:
        """Refuse a change of nothing."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not self.has_changed():
            self.add_error("ends", _("This changes nothing."))
        return cleaned

    @property
    def change(self) -> Amendment:
        """Return the change; the form is valid."""
        cleaned = self.cleaned_data
        ends = _utc(cleaned["ends"]) if cleaned["ends"] and "ends" in self.changed_data else None
        return Amendment(_uids(cleaned["releases"]), _uids(cleaned["people"]), ends)


class TermsForm(forms.Form):
    """The next version of a text."""

    kind = forms.ChoiceField(label=_("Which text"), choices=TermsKind.choices)
    text = forms.CharField(label=_("Text"), widget=_area(16), strip=False)

    def clean_text(self) -> str:
        """Check the text as the command will."""
        try:
            return readable(str(self.cleaned_data["text"]), what="The text", limit=rules.MAX_TERMS)
        except InvalidError as error:
            raise ValidationError(f"{error.message} {error.hint}") from error


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
