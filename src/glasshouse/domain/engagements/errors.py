# SPDX-License-Identifier: Apache-2.0
"""How engagements says no."""

from glasshouse.kernel.errors import ConflictError, InvalidError, RefusedError


class StepNotPossibleError(ConflictError):
    """The request stands elsewhere: somebody was faster, or the step does not follow."""

    code = "engagements.step-not-possible"


class ManyRequestsError(ConflictError):
    """An organisation has a bounded number of unanswered requests."""

    code = "engagements.many-requests"


class NotOfYourOrganisationError(InvalidError):
    """A request names an address that is not a reviewer's of the same organisation; absent and foreign read alike."""

    code = "engagements.not-of-your-organisation"


class NotIndependentError(RefusedError):
    """One person would take two steps that two people take."""

    code = "engagements.not-independent"


class NotCoveredError(RefusedError):
    """The export decision does not cover this person, place or time, or there is none any more."""

    code = "engagements.not-covered"


class OutsideScopeError(InvalidError):
    """The engagement's frozen scope does not hold this."""

    code = "engagements.outside-scope"


class EngagementClosedError(RefusedError):
    """The engagement was closed, or its time is over."""

    code = "engagements.closed"


class NotNamedError(RefusedError):
    """The engagement does not name this person."""

    code = "engagements.not-named"


class TermsNotSignedError(RefusedError):
    """The person has not signed the engagement's present agreement."""

    code = "engagements.terms-not-signed"


class AgreementChangedError(ConflictError):
    """What was signed is not the engagement's present agreement."""

    code = "engagements.agreement-changed"


class AlreadySignedError(ConflictError):
    """The person has signed this agreement."""

    code = "engagements.already-signed"


class NoTermsError(ConflictError):
    """The lab has not published the terms that an engagement needs."""

    code = "engagements.no-terms"
