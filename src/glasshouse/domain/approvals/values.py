# SPDX-License-Identifier: Apache-2.0
"""Where a proposal stands, and what one person says of it."""

from django.db.models import TextChoices


class State(TextChoices):
    """Where a proposal stands."""

    OPEN = "open", "waits for decisions"
    AGREED = "agreed", "agreed"
    REFUSED = "refused", "refused"


class Verdict(TextChoices):
    """One person's word."""

    AGREE = "agree", "agrees"
    REFUSE = "refuse", "refuses"
