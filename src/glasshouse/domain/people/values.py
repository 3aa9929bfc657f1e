# SPDX-License-Identifier: Apache-2.0
"""Roles and the lines that they stand in."""

from django.db.models import TextChoices


class Line(TextChoices):
    """Where a role stands; independence is judged between lines."""

    VISITOR = "visitor", "visitor"
    FIRST = "first", "first line"
    SECOND = "second", "second line"
    THIRD = "third", "third line"
    NONE = "none", "no line"


class Role(TextChoices):
    """What a person may do here."""

    REVIEWER = "reviewer", "reviewer"
    LAB_MANAGER = "lab-manager", "lab manager"
    CUSTODIAN = "custodian", "custodian"
    EXPORT_OFFICER = "export-officer", "export officer"
    PRODUCT_OWNER = "product-owner", "product owner"
    ASSESSOR = "assessor", "assessor"
    AUDITOR = "auditor", "auditor"
    COMMITTEE = "committee", "committee member"
    PSIRT = "psirt", "PSIRT"


LINE_OF: dict[Role, Line] = {
    Role.REVIEWER: Line.VISITOR,
    Role.LAB_MANAGER: Line.SECOND,
    Role.CUSTODIAN: Line.SECOND,
    Role.EXPORT_OFFICER: Line.SECOND,
    Role.PRODUCT_OWNER: Line.FIRST,
    Role.ASSESSOR: Line.SECOND,
    Role.AUDITOR: Line.THIRD,
    Role.COMMITTEE: Line.NONE,
    Role.PSIRT: Line.SECOND,
}
