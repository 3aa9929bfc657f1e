# SPDX-License-Identifier: Apache-2.0
"""The form that a name is jumped to with. It parses; a command decides."""

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from glasshouse.domain.readingroom.commands.symbols import KINDS, MAX_NAME, WAYS
from glasshouse.edges.web.widgets import exact

_WAYS: Final = {"exact": _("exactly"), "any-case": _("in any case"), "prefix": _("begins with")}
_KINDS: Final = {
    "function": _("functions"),
    "type": _("types"),
    "macro": _("macros"),
    "member": _("members"),
    "constant": _("constants"),
    "variable": _("variables"),
    "module": _("modules"),
    "declaration": _("declarations"),
}


class NameForm(forms.Form):
    """A name, how it is compared, and of which kind what it names is."""

    name = forms.CharField(
        label=_("Name"),
        max_length=MAX_NAME,
        widget=exact(id="name", enterkeyhint="go"),
        error_messages={"required": _("Write a name, or how it begins.")},
    )
    how = forms.ChoiceField(
        label=_("Compared"), required=False, choices=[(way, _WAYS.get(way, way)) for way in WAYS], initial=WAYS[0]
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("all")), *((kind, _KINDS.get(kind, kind)) for kind in KINDS)]
    )

    def clean_how(self) -> str:
        """Compare exactly unless something else is chosen."""
        chosen: str = self.cleaned_data["how"]
        return chosen or WAYS[0]
