# SPDX-License-Identifier: Apache-2.0
"""Signed-in pages, forms and htmx fragments, in one look.

`templates/base.html` is the frame, `templates/parts/` holds every piece that two pages share, `static/look/` the
only styles, `static/js/` the only scripts of ours. A view asks who, parses, calls one command or query, renders.
"""
