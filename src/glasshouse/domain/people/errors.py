# SPDX-License-Identifier: Apache-2.0
"""How people says no."""

from glasshouse.kernel.errors import ConflictError, InvalidError, RefusedError


class PersonExistsError(ConflictError):
    """The address is taken."""

    code = "people.person-exists"


class NotAnAddressError(InvalidError):
    """An e-mail address that cannot be one."""

    code = "people.not-an-address"


class LinkSpentError(RefusedError):
    """An enrolment link that was used, has ended or never was."""

    code = "people.link-spent"


class RoleMissingError(RefusedError):
    """The viewer's roles do not cover what was asked."""

    code = "people.role-missing"


class DeviceCodeError(RefusedError):
    """A device sign-in that ended, was refused or never was."""

    code = "people.device-code"


class DevicePendingError(ConflictError):
    """A device sign-in nobody has approved yet."""

    code = "people.device-pending"


class PasskeyWordError(InvalidError):
    """A passkey's word on a statement does not hold."""

    code = "people.passkey-word"
