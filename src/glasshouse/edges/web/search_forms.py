# SPDX-License-Identifier: Apache-2.0
"""The form of a search. It parses; a command decides.

Case is *smart* unless something else is chosen, as in ripgrep's `--smart-case`: a pattern without a capital letter
matches letters in either case, one with a capital matches them as typed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.readingroom.searches import RecordedSearch, RecordedStructure
from glasshouse.domain.releases.found import LANGUAGES, MAX_CONTEXT, STRUCTURE_LANGUAGES, Asked, StructureAsked
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.edges.web.widgets import exact
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

PATTERN_CODES: Final = frozenset({"codeindex.pattern", "codeindex.structure"})
"""The codes of what is wrong with the pattern itself, and said beside its field."""
STRUCTURE: Final = "structure"
_KINDS: Final = (("regex", _("Regular expression")), ("text", _("Text as typed")), (STRUCTURE, _("Code structure")))
_CONTEXT: Final = 2
_CASES: Final = (("smart", _("Smart case")), ("match", _("Match case")), ("ignore", _("Ignore case")))
_CLASSES: Final = re.compile(r"\\[pP](?:\{[^}]*\}|.)|\\x\{?[0-9A-Fa-f]+\}?|\\.")
"""Letters of an expression that stand for something else: `\\W` and `\\pL` hold no capital of the text."""


def ignores_case(pattern: str, case: str, *, is_literal: bool) -> bool:
    """Say whether letters match in either case, as the chosen way has it for this pattern."""
    if case != "smart":
        return case == "ignore"
    letters = pattern if is_literal else _CLASSES.sub("", pattern)
    return letters == letters.lower()


def _lines(count: int) -> str:
    return str(ngettext("%(n)s line", "%(n)s lines", count) % {"n": count})


class SearchForm(forms.Form):
    """A pattern, how it is meant, and where to look for it."""

    pattern = forms.CharField(
        label=_("Pattern"),
        strip=False,
        required=False,
        widget=exact(id="pat", enterkeyhint="search"),
    )
    kind = forms.ChoiceField(
        choices=_KINDS,
        required=False,
        initial="regex",
        widget=forms.Select(
            attrs={
                "aria-label": _("How it is read"),
                "title": _("Code structure: a piece of code, $NAME stands for anything, $$$ for any number of things"),
            }
        ),
    )
    case = forms.ChoiceField(
        choices=_CASES,
        initial="smart",
        widget=forms.Select(
            attrs={
                "aria-label": _("Case"),
                "title": _("Smart: a pattern without a capital letter matches either case"),
            }
        ),
    )
    word = forms.BooleanField(label=_("Whole word"), required=False)
    every = forms.BooleanField(required=False)
    release = forms.MultipleChoiceField(required=False)
    paths = forms.CharField(
        label=_("Paths"),
        required=False,
        widget=exact(
            id="paths",
            placeholder="**",
            title=_("src/** or **/*.c; several with a space between them; ? where a name has a space"),
        ),
    )
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=(("", _("any")), *((one, one) for one in LANGUAGES))
    )
    context = forms.TypedChoiceField(
        label=_("Context"), coerce=int, initial=_CONTEXT, choices=[(n, _lines(n)) for n in range(MAX_CONTEXT + 1)]
    )

    def __init__(self, data: QueryDict | None, *, releases: Sequence[ReleaseRef], chosen: Sequence[str] = ()) -> None:
        """Offer the releases of a grant, newest first; `chosen` are ticked at first, the newest one if none is."""
        self.releases = tuple(reversed(releases))
        known = {one.uid.text for one in releases}
        ticked = [uid for uid in chosen if uid in known] or [self.releases[0].uid.text]
        super().__init__(data, initial={"release": ticked}, auto_id="search-%s")
        offered = self.fields["release"]
        if isinstance(offered, forms.ChoiceField):
            offered.choices = [(one.uid.text, str(one)) for one in self.releases]
        self.asked: Asked | StructureAsked | None = None

    @classmethod
    def of(cls, recorded: RecordedSearch | RecordedStructure, releases: Sequence[ReleaseRef]) -> "SearchForm":
        """Fill the form with a search that was recorded."""
        asked = recorded.asked
        switches: dict[str, object] = {"kind": STRUCTURE}
        if isinstance(asked, Asked):
            switches = {
                "kind": "text" if asked.is_literal else "regex",
                "case": "ignore" if asked.ignores_case else "match",
                "word": asked.whole_word,
            }
        form = cls(None, releases=releases, chosen=[uid.text for uid in recorded.releases])
        form.initial = {
            **form.initial,
            "pattern": asked.pattern,
            **switches,
            "paths": " ".join(asked.paths),
            "language": asked.language,
            "context": asked.context,
        }
        return form

    def focused(self) -> Self:
        """Begin in the pattern; beside found lines the keys are for the lines."""
        self.fields["pattern"].widget.attrs["autofocus"] = True
        return self

    @property
    def ticked(self) -> frozenset[str]:
        """Return the releases that are ticked, as the page shows them."""
        if self.is_bound and self.data.get("every"):
            return frozenset(one.uid.text for one in self.releases)
        return frozenset(self["release"].value() or ())

    @property
    def scope(self) -> str:
        """Say in a few words where is looked."""
        ticked = [one for one in self.releases if one.uid.text in self.ticked]
        if len(ticked) == 1:
            return str(ticked[0])
        if ticked and len(ticked) == len(self.releases):
            return gettext("all %(n)s releases") % {"n": len(ticked)}
        return gettext("%(n)s of %(all)s releases") % {"n": len(ticked), "all": len(self.releases)}

    @property
    def wanted(self) -> tuple[Uid, ...]:
        """Return the releases to look through, oldest first; the form is valid."""
        ticked = self.ticked
        return tuple(one.uid for one in reversed(self.releases) if one.uid.text in ticked)

    def clean_paths(self) -> tuple[str, ...]:
        """Read patterns with white space or commas between them, as a grant has them."""
        globs = str(self.cleaned_data["paths"]).replace(",", " ").split()
        try:
            return Patterns.of(globs).globs if globs else ()
        except InvalidError as error:
            raise ValidationError(f"{error.message} {error.hint}") from error

    def clean(self) -> dict[str, Any]:
        """Make what is asked; what is wrong with the pattern stands beside it."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        if not self.ticked:
            self.add_error("release", ValidationError(_("Choose a release to search.")))
            return cleaned
        if cleaned["kind"] == STRUCTURE and cleaned["language"] not in STRUCTURE_LANGUAGES:
            said = _("Choose the language that the code is written in: %(known)s.")
            self.add_error("language", said % {"known": ", ".join(STRUCTURE_LANGUAGES)})
            return cleaned
        try:
            self.asked = _structure(cleaned) if cleaned["kind"] == STRUCTURE else _lines_asked(cleaned)
        except InvalidError as error:
            self.refuse(error)
        return cleaned

    def refuse(self, error: InvalidError) -> None:
        """Say what is wrong: with the pattern, beside it."""
        said = f"{error.message.rstrip('.')}. {error.hint}".strip()
        self.add_error("pattern" if error.code in PATTERN_CODES else None, said)


def _structure(cleaned: Mapping[str, Any]) -> StructureAsked:
    return StructureAsked(cleaned["pattern"], cleaned["language"], paths=cleaned["paths"], context=cleaned["context"])


def _lines_asked(cleaned: Mapping[str, Any]) -> Asked:
    is_literal = cleaned["kind"] == "text"
    return Asked(
        cleaned["pattern"],
        is_literal=is_literal,
        ignores_case=ignores_case(cleaned["pattern"], cleaned["case"], is_literal=is_literal),
        whole_word=cleaned["word"],
        paths=cleaned["paths"],
        language=cleaned["language"],
        context=cleaned["context"],
    )
