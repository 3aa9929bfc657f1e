# SPDX-License-Identifier: Apache-2.0
"""Widgets that forms of several pages share."""

from django import forms
from django.utils.functional import Promise


def exact(**attributes: str | Promise) -> forms.TextInput:
    """Return a field for what is meant letter by letter: the browser fills in, corrects and capitalizes nothing."""
    plain = {"class": "mono", "autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
    return forms.TextInput(attrs={**plain, **attributes})
