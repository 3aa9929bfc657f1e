# SPDX-License-Identifier: Apache-2.0
"""What a product's owner lets a reader's browser do, as pages say it and as their style and scripts obey it."""

from typing import Any, Final

from django.utils.safestring import SafeString, mark_safe
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from glasshouse.domain.readingroom.values import Room
from glasshouse.domain.releases.reading import Reading

_NO_PRINT: Final = SafeString(' data-print="off"')


def switches(reading: Reading) -> SafeString:
    """Return the attributes that a case of source bears for what is off."""
    off = (("select", reading.may_select), ("copy", reading.may_copy), ("print", reading.may_print))
    return mark_safe("".join(f' data-{name}="off"' for name, is_on in off if not is_on))  # noqa: S308 -- our words


def sentence(reading: Reading) -> str:
    """Say what is off, and what that is worth."""
    said = ((_("selection"), reading.may_select), (_("copying"), reading.may_copy), (_("printing"), reading.may_print))
    off = [name for name, is_on in said if not is_on]
    if not off:
        return _("Selection, copying and printing are on for this product; that you were shown it is recorded.")
    named = str(get_text_list(off, _("and")))
    return ngettext(
        "%(named)s is off, which hinders and does not prevent: no software stops a camera.",
        "%(named)s are off, which hinders and does not prevent: no software stops a camera.",
        len(off),
    ) % {"named": named[:1].upper() + named[1:]}


def manners(room: Room) -> dict[str, Any]:
    """Return what a page of source needs of its product's policy."""
    return {
        "switches": switches(room.reading),
        "print_switch": "" if room.reading.may_print else _NO_PRINT,
        "manners": sentence(room.reading),
        "as_pictures": room.as_pictures,
        "has_pictures": room.reading.in_pictures,
    }
