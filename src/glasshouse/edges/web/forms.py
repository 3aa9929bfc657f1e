# SPDX-License-Identifier: Apache-2.0
"""Forms of the sign-in pages. A form parses; a command decides."""

from typing import TYPE_CHECKING, Any, Final

from allauth.account.forms import LoginForm
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import RegistrationResponse

from glasshouse.edges.web.passkeys import ALGORITHMS
from glasshouse.edges.web.widgets import exact

if TYPE_CHECKING:
    from glasshouse.domain.people.models import Person

SPENT_SECONDS: Final = 300
"""Longer than any code stays valid, so that a spent one has ended before it is forgotten."""


class SignInForm(LoginForm):  # type: ignore[misc] # the library has no types
    """Address and password; the second factor follows."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Name the fields as their page does."""
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Work e-mail")
        self.fields["login"].widget = forms.EmailInput(attrs={"autocomplete": "username webauthn"})
        self.fields["password"] = forms.CharField(
            label=_("Password"),
            help_text=_("A code or a passkey is asked for next."),
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        )


class OnceOnly:
    """A code is spent by its first use, enrolment included, whichever process sees it."""

    user: "Person"
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        """Check the code, then spend it; refuses one that was spent."""
        code: str = super().clean_code()  # type: ignore[misc] # the library's form stands behind this one
        # The library reads `123 456` and `123-456` as one code, so they are spent as one.
        spent = f"glasshouse.code-spent:{self.user.pk}:{normalize_user_code(code)}"
        if not cache.add(spent, 1, timeout=SPENT_SECONDS):
            raise get_adapter().validation_error("incorrect_code")
        return code


def _describe_code(field: forms.Field) -> None:
    field.label = _("Code")
    field.help_text = _("Six digits from your app, or one of your recovery codes.")
    field.widget = forms.TextInput(
        attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "mono", "spellcheck": "false"}
    )


class CodeForm(OnceOnly, AuthenticateForm):  # type: ignore[misc] # the library has no types
    """The second factor by code, from the app or from the list of recovery codes."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Describe the field."""
        super().__init__(*args, **kwargs)
        _describe_code(self.fields["code"])


class ConfirmCodeForm(OnceOnly, ReauthenticateForm):  # type: ignore[misc] # the library has no types
    """The code again, before a way in changes."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Describe the field."""
        super().__init__(*args, **kwargs)
        _describe_code(self.fields["code"])


class AppForm(OnceOnly, ActivateTOTPForm):  # type: ignore[misc] # the library has no types
    """The first code from an app that was just set up."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Describe the field."""
        super().__init__(*args, **kwargs)
        _describe_code(self.fields["code"])
        self.fields["code"].help_text = _("The six digits that the app shows now. They change every 30 seconds.")


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc] # the library has no types
    """A new passkey: always one that checks who holds it, and of a kind that the verifier knows."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Drop the choice: every passkey here signs in by itself."""
        super().__init__(*args, **kwargs)
        self.fields.pop("passwordless", None)
        self.fields["name"].label = _("Name")
        self.fields["name"].help_text = _("So that you can tell your passkeys apart.")
        self.fields["name"].max_length = 60

    def clean(self) -> dict[str, Any]:
        """Refuse a passkey that did not check its holder, or that nobody could verify offline."""
        cleaned: dict[str, Any] = super().clean()
        credential = cleaned.get("credential")
        if credential:
            # What the browser says about the key is not believed; the key itself is read.
            data = RegistrationResponse.from_dict(credential).response.attestation_object.auth_data
            if data.credential_data is None or data.credential_data.public_key[3] not in ALGORITHMS:
                raise get_adapter().validation_error("unknown_passkey")
        return cleaned


class DeviceForm(forms.Form):
    """The code that a terminal shows."""

    code = forms.CharField(
        label=_("Code from the terminal"),
        max_length=12,
        help_text=_("Eight letters, for instance BCDF-GHJK."),
        widget=exact(),
    )

    def clean_code(self) -> str:
        """Read the code as people type it."""
        letters = "".join(char for char in str(self.cleaned_data["code"]).upper() if char.isalpha())
        return f"{letters[:4]}-{letters[4:]}"


class WhyForm(forms.Form):
    """Why something is done to somebody."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class HoldForm(WhyForm):
    """Whose data is held, and why."""

    email = forms.CharField(
        label=_("The person's address"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),  # a browser's own type is ASCII's
    )


class LookForm(forms.Form):
    """How pages look and whether single keys act, in this browser."""

    theme = forms.ChoiceField(
        label=_("Theme"),
        choices=[("system", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))],
        widget=forms.RadioSelect,
    )
    keys = forms.ChoiceField(
        label=_("Single keys"), choices=[("on", _("On")), ("off", _("Off"))], widget=forms.RadioSelect
    )
