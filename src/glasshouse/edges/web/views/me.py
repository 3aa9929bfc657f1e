# SPDX-License-Identifier: Apache-2.0
"""A person's own ways in and sessions, and the terminals that ask to act for them."""

from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import IndexView
from allauth.mfa.base.views import ReauthenticateView as CodeReauthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    EditWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from glasshouse.domain.people import commands as people
from glasshouse.edges.http.stepup import decision_waits
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.forms import ConfirmCodeForm, DeviceForm, PasskeyForm
from glasshouse.edges.web.passkeys import narrowed
from glasshouse.edges.web.signin import MFAAdapter
from glasshouse.edges.web.views.sessions import own_rows
from glasshouse.kernel import clock
from glasshouse.kernel.errors import ConflictError


class LastWayInError(ConflictError):
    """The only passkey or app of a person cannot be removed."""

    code = "web.last-way-in"


def check_not_last(authenticator: Authenticator) -> None:
    """Raise unless the person keeps another passkey or app."""
    if not MFAAdapter().can_delete_authenticator(authenticator):
        raise LastWayInError("This is your only way in.", hint="Add another passkey first, then remove this one.")


class WaysIn(IndexView):  # type: ignore[misc] # the library has no types
    """Passkeys, app, recovery codes and sessions on one page."""

    template_name = "me/ways_in.html"

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        """List what the person has."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        kept = Authenticator.objects.filter(user=self.request.user).order_by("created_at")
        by_type = {kind: [row for row in kept if row.type == kind] for kind in Authenticator.Type.values}
        return {
            **context,
            "passkeys": by_type[Authenticator.Type.WEBAUTHN],
            "app": next(iter(by_type[Authenticator.Type.TOTP]), None),
            "recovery": next(iter(by_type[Authenticator.Type.RECOVERY_CODES]), None),
            "sessions": own_rows(viewer_of(self.request)),
        }


class AddPasskey(AddWebAuthnView):  # type: ignore[misc] # the library has no types
    """Another passkey."""

    template_name = "me/passkey_add.html"
    form_class = PasskeyForm

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        """Ask for a passkey that stays on its device and checks who holds it."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "ceremony": narrowed(auth.begin_registration(self.request.user, True))}


class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc] # the library has no types
    """Asks, then removes a passkey."""

    template_name = "me/passkey_remove.html"
    success_url = reverse_lazy("mfa_index")

    def form_valid(self, form: Form) -> HttpResponse:
        """Remove it unless it is the last way in."""
        check_not_last(self.get_object())
        response: HttpResponse = super().form_valid(form)
        return response


class RenamePasskey(EditWebAuthnView):  # type: ignore[misc] # the library has no types
    """Another name for a passkey."""

    template_name = "me/passkey_rename.html"
    success_url = reverse_lazy("mfa_index")


class RemoveApp(DeactivateTOTPView):  # type: ignore[misc] # the library has no types
    """Asks, then ends the codes from an app; the form keeps the last way in."""

    template_name = "me/app_remove.html"
    success_url = reverse_lazy("mfa_index")


class RecoveryCodes(ViewRecoveryCodesView):  # type: ignore[misc] # the library has no types
    """Shows recovery codes once."""

    template_name = "me/recovery_codes.html"


class NewRecoveryCodes(GenerateRecoveryCodesView):  # type: ignore[misc] # the library has no types
    """Asks, then makes new recovery codes; the old ones end."""

    template_name = "me/recovery_codes_new.html"


class BeforeDecision:
    """Says on a page of confirmation whether a decision waits for it; a passkey, if there is one, then does alone."""

    request: HttpRequest

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        """Offer nothing that would not do."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc] # the library's view stands behind this one
        if not decision_waits(self.request, str(context.get("redirect_field_value") or "")):
            return context
        return {**context, "decision_waits": True, "reauthentication_alternatives": []}


class Confirm(ReauthenticateView):  # type: ignore[misc] # the library has no types
    """The password again; answers only where a person has nothing stronger."""

    template_name = "me/confirm.html"


class ConfirmByCode(BeforeDecision, CodeReauthenticateView):  # type: ignore[misc] # the library has no types
    """A code again, before a way in changes or a decision falls."""

    template_name = "me/confirm.html"
    form_class = ConfirmCodeForm

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        """Ask for what will do: before a decision a recovery code does not."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if context.get("decision_waits"):
            context["form"].fields["code"].help_text = _("Six digits from your app.")
        return context


class ConfirmByPasskey(BeforeDecision, ReauthenticateWebAuthnView):  # type: ignore[misc] # the library has no types
    """The passkey again, before a way in changes or a decision falls."""

    template_name = "me/confirm_passkey.html"


@require_http_methods(["GET", "POST"])
def device(request: HttpRequest) -> HttpResponse:
    """Let a terminal act as its person: first compare the code, then approve."""
    viewer = viewer_of(request)
    asked = request.POST or (request.GET if "code" in request.GET else None)
    form = DeviceForm(asked)
    if asked is None or not form.is_valid():
        return render(request, "me/device.html", {"form": form})
    code: str = form.cleaned_data["code"]
    waiting = people.waiting_device(code, now=clock.now())
    if request.method == "POST" and "approve" in request.POST:
        people.approve_device(viewer, code, now=clock.now())
        return redirect("device-approved")
    return render(request, "me/device_confirm.html", {"waiting": waiting})


def device_approved(request: HttpRequest) -> HttpResponse:
    """Say that the terminal may now act as its person."""
    return render(request, "me/device_approved.html")
