# SPDX-License-Identifier: Apache-2.0
"""What people may be here."""

import unicodedata

from django.db.models import TextChoices


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


class SessionEnd(TextChoices):
    """Who or what ended a session before its time."""

    OWNER = "owner", "ended by its person from another session"
    CUSTODIAN = "custodian", "ended by a custodian"
    LIMIT = "limit", "ended by a newer one"


def plain_address(text: str) -> str:
    """Return an address as persons are kept and looked up by it: trimmed, in small letters, composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).lower())
