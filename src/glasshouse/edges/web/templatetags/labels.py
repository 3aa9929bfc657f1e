# SPDX-License-Identifier: Apache-2.0
"""Labels such as 26-001, which stay on one line however narrow the window is."""

from typing import Final

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register: Final = template.Library()


@register.filter
def unbroken(label: object) -> SafeString:
    """Keep a label whole: a browser would break it at its hyphen."""
    return format_html('<span class="nowrap">{}</span>', label)
