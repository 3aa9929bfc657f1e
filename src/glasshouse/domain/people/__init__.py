# SPDX-License-Identifier: Apache-2.0
"""Organisations, persons, roles, lines, credentials, and the viewer that every query asks first.

A *person* belongs to one *organisation* and holds *roles*; a role stands in one *line* (visitor, first, second,
third). A *viewer* is a person as the code sees one: a frozen value, no row. A person is added by an operator and
enrols by a one-time link. No identity-document numbers, no birth dates, no nationality: none is needed here.
"""
