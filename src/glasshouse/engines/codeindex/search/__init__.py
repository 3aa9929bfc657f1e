# SPDX-License-Identifier: Apache-2.0
"""Exact search over every release: what is looked for, where, and how it is asked of the process that looks.

Words: a *document* is the content of one file by its SHA-256; a *chunk* is a part of it, cut behind a newline; a
*segment* is an immutable index of some documents; the *corpus* is all segments of one product, loaded; a *scope* is
what a person may search now, and a required argument.
"""
