# SPDX-License-Identifier: Apache-2.0
"""How sites says no."""

from glasshouse.kernel.errors import ConflictError, InvalidError, RefusedError


class SiteExistsError(ConflictError):
    """A site, room or workstation of this name is there."""

    code = "sites.exists"


class HoursError(InvalidError):
    """Hours, a time zone or a moment that cannot be."""

    code = "sites.hours"


class OutsideHoursError(InvalidError):
    """The site is not open for the whole of this span."""

    code = "sites.outside-hours"


class TakenError(ConflictError):
    """A room, a workstation or a person is booked for a part of this span."""

    code = "sites.taken"


class BookingEndedError(RefusedError):
    """The booking was cancelled, is over, or has not begun."""

    code = "sites.booking-not-now"


class StillInsideError(RefusedError):
    """Somebody is in the house under this booking."""

    code = "sites.still-inside"


class NotBookedError(RefusedError):
    """The person is not among those whom the booking expects."""

    code = "sites.not-booked"


class AlreadyInsideError(ConflictError):
    """The person, the workstation or the locker is in use."""

    code = "sites.already-inside"


class BriefingChangedError(ConflictError):
    """The briefing that was read is not the one that holds now."""

    code = "sites.briefing-changed"


class EscortError(RefusedError):
    """The escort cannot be the second person here."""

    code = "sites.escort"


class DepartedError(ConflictError):
    """The departure was recorded before."""

    code = "sites.departed"


class NoSessionError(RefusedError):
    """A workstation speaks for the session of a browser, and none asks."""

    code = "sites.no-session"


class ChallengeError(RefusedError):
    """The challenge is of another session or purpose, or older than a minute."""

    code = "sites.challenge"


class KeyWordError(RefusedError):
    """The workstation's word does not hold under its key."""

    code = "sites.key-word"


class KeyMalformedError(InvalidError):
    """What is to be enrolled is no public key on P-256."""

    code = "sites.key-malformed"


class NotEnrolledError(RefusedError):
    """The workstation has no live key."""

    code = "sites.not-enrolled"


class KeyCopiedError(RefusedError):
    """The key was used from two machines; it has been ended."""

    code = "sites.key-copied"


class OutsideRangeError(RefusedError):
    """The request comes from an address, or without a certificate, that is not the workstation's."""

    code = "sites.outside-range"


class NotArrivedError(RefusedError):
    """No custodian let this person in, or not to this workstation."""

    code = "sites.not-arrived"


class NoticeChangedError(ConflictError):
    """The notice that somebody read is not the newest one, or there is none."""

    code = "sites.notice-changed"
