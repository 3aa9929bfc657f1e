# SPDX-License-Identifier: Apache-2.0
"""How the sign-in libraries behave here: no sign-up, no mail, no password alone, secrets sealed at rest."""

import base64
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from glasshouse.domain.people import queries as people
from glasshouse.edges.http import answers, refusals
from glasshouse.edges.http.enrolment import has_way_in
from glasshouse.edges.http.stepup import forget_what_is_to_come
from glasshouse.edges.web.passkeys import relying_party

if TYPE_CHECKING:
    from glasshouse.domain.people.models import Person


class Backend(AuthenticationBackend):  # type: ignore[misc] # the library has no types
    """Finds the person of a session together with what `viewer_of` needs."""

    def get_user(self, user_id: int) -> "Person | None":
        """Return an active person by internal id."""
        return people.asker(user_id)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # the library has no types
    """Persons come from the operator; passwords exist in demos and never suffice."""

    error_messages: ClassVar = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("Refused: the address and the password do not belong together."),
        "too_many_login_attempts": _("Refused: too many attempts. Try again in five minutes."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse: a person is added by an operator."""
        del request
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send nothing: no notice of sign-in goes by mail."""

    def is_reauthentication_required(self, *, app: str, **kwargs: object) -> bool:
        """Ask again before a way in changes, unless it is the first: there is nothing yet to ask for."""
        del app, kwargs
        forget_what_is_to_come(self.request)  # the library asks how long ago something was shown, and no more
        return has_way_in(self.request.user.pk)

    def get_reauthentication_methods(self, user: "Person") -> list[dict[str, Any]]:
        """List passkey first, then codes; a password only where there is nothing else."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        strong = [method for method in methods if method["id"] != "reauthenticate"]
        return sorted(strong, key=lambda method: method["id"] != "mfa_reauthenticate:webauthn") or methods


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc] # the library has no types
    """Names the lab and the person to authenticators; seals codes' secrets under the web's own key."""

    error_messages: ClassVar = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _("This is your only way in. Add another passkey first, then remove this one."),
        "incorrect_code": _("Refused: wrong, ended, or used before."),
        "rate_limited": _("Refused: too many attempts. Try again in five minutes."),
        "unknown_passkey": _("Refused: this kind of key cannot be verified offline. ES256, EdDSA and RS256 can."),
    }

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Bind passkeys to the lab's host."""
        return {"id": relying_party(self.request), "name": settings.GLASSHOUSE.name}

    def get_public_key_credential_user_entity(self, user: "Person") -> dict[str, Any]:
        """Show the person's name and address in the authenticator's own dialog."""
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return {**entity, "name": user.email, "display_name": user.name}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Keep the last passkey or app: without one its person could not come back."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id).exclude(pk=authenticator.pk)
        return bool(others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())

    def generate_authenticator_name(self, user: "Person", type: str) -> str:  # noqa: A002 -- the library's name
        """Name a person's passkeys by number, from 1."""
        return f"Passkey {Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1}"

    def encrypt(self, text: str) -> str:
        """Seal a secret that the database keeps; the key lies outside the lab's folder and its backups."""
        return _sealer().encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed secret."""
        return _sealer().decrypt(encrypted_text.encode("ascii")).decode()


def _sealer() -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"glasshouse/web/sign-in-secrets/v1")
    return Fernet(base64.urlsafe_b64encode(derived.derive(settings.SECRET_KEY.encode())))


def attempted_address(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """Return the address that a sign-in attempt names, as failures are counted by it."""
    named = (credentials or {}).get("email") or (request.POST.get("login") if request else None) or ""
    return str(named).strip().lower()


def locked_out(request: HttpRequest, response: HttpResponse, credentials: object) -> HttpResponse:
    """Answer an address that has failed too often from one place."""
    del response, credentials
    refusals.anonymous.add("account_login", "http.locked-out")
    return answers.page(request, HTTPStatus.TOO_MANY_REQUESTS)


def too_many(request: HttpRequest) -> HttpResponse:
    """Answer a caller who asks more often than a person would."""
    refusals.note(request, "http.too-many")
    return answers.page(request, HTTPStatus.TOO_MANY_REQUESTS)
