# SPDX-License-Identifier: Apache-2.0
"""Coming in: the front door, the second factor, the one-time link, the first enrolment, leaving."""

from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.views import LoginView, LogoutView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.internal import auth
from allauth.mfa.webauthn.views import AddWebAuthnView, LoginWebAuthnView
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from glasshouse.domain.people import commands as people
from glasshouse.edges.http.enrolment import has_way_in
from glasshouse.edges.web.forms import AppForm, CodeForm, PasskeyForm, SignInForm
from glasshouse.edges.web.passkeys import narrowed
from glasshouse.edges.web.qr import modules
from glasshouse.edges.web.signin import too_many
from glasshouse.kernel import clock


class SignIn(LoginView):  # type: ignore[misc] # the library has no types
    """The front door: a passkey, or address and password with a second factor."""

    template_name = "door/sign_in.html"
    form_class = SignInForm

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        """Show what is wrong; too many attempts get the page of a shut door, whoever counted them."""
        if form.has_error(NON_FIELD_ERRORS, "too_many_login_attempts"):
            return too_many(self.request)
        response: HttpResponse = super().form_invalid(form)
        return response


class PasskeySignIn(LoginWebAuthnView):  # type: ignore[misc] # the library has no types
    """Hands out a challenge, takes the passkey's answer."""


class SecondFactor(AuthenticateView):  # type: ignore[misc] # the library has no types
    """A code or a passkey after the password."""

    template_name = "door/second_factor.html"
    form_class = CodeForm


class SignOut(LogoutView):  # type: ignore[misc] # the library has no types
    """Asks, then ends the session."""

    template_name = "door/sign_out.html"


class Enrolment(AddWebAuthnView):  # type: ignore[misc] # the library has no types
    """The first way in. Whoever has one is led to the page where ways in are kept."""

    template_name = "door/enrolment.html"
    form_class = PasskeyForm

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Lead on whoever is enrolled."""
        if has_way_in(request.user.pk):
            return redirect("mfa_index")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        """Ask for a passkey that stays on its device and checks who holds it."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "ceremony": narrowed(auth.begin_registration(self.request.user, True))}

    def form_valid(self, form: PasskeyForm) -> HttpResponse:
        """Register it. The ceremony just showed who is here; the recovery codes that follow need no second one."""
        response: HttpResponse = super().form_valid(form)
        kind = Authenticator.Type.WEBAUTHN.value
        record_authentication(self.request, self.request.user, method="mfa", type=kind, reauthenticated=True)
        return response


class SetUpApp(ActivateTOTPView):  # type: ignore[misc] # the library has no types
    """Codes from an app: shows the secret once, as a picture and as text, and takes the first code."""

    form_class = AppForm

    def get_template_names(self) -> list[str]:
        """Stand at the door for a first way in, in the person's own pages afterwards."""
        return ["me/app_add.html" if has_way_in(self.request.user.pk) else "door/app_add.html"]

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        """Draw the secret."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        secret: str = context["form"].secret
        return {
            **context,
            "qr": modules(context["totp_url"]),
            "secret_groups": [secret[start : start + 4] for start in range(0, len(secret), 4)],
        }

    def form_valid(self, form: AppForm) -> HttpResponse:
        """Set it up; the code just showed who is here."""
        response: HttpResponse = super().form_valid(form)
        record_authentication(self.request, self.request.user, method="mfa", reauthenticated=True)
        return response


@require_http_methods(["GET", "POST"])
def enrol_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Show what the link does; only the button spends it, so that a preview of a mail program spends nothing."""
    if request.method == "GET":
        return render(request, "door/enrol_link.html")
    person = people.redeem_link(secret, now=clock.now())
    record_authentication(request, person, method="link")
    response: HttpResponse = perform_login(request, Login(user=person, redirect_url=reverse("enrolment")))
    return response


def inactive(request: HttpRequest) -> HttpResponse:
    """Say that a person no longer has an account here."""
    return render(request, "door/inactive.html", status=403)
