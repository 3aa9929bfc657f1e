# SPDX-License-Identifier: Apache-2.0
"""Every page of the web edge. The sign-in libraries' own tables are not included: only what is listed answers."""

from django.urls import URLPattern, path

from glasshouse.edges.web.views import door, home, me

DOOR: list[URLPattern] = [
    path("sign-in", door.SignIn.as_view(), name="account_login"),
    path("sign-in/passkey", door.PasskeySignIn.as_view(), name="mfa_login_webauthn"),
    path("sign-in/code", door.SecondFactor.as_view(), name="mfa_authenticate"),
    path("sign-out", door.SignOut.as_view(), name="account_logout"),
    path("inactive", door.inactive, name="account_inactive"),
    path("enrol", door.Enrolment.as_view(), name="enrolment"),
    path("enrol/<str:secret>", door.enrol_link, name="enrol-link"),
]

ME: list[URLPattern] = [
    path("me/ways-in", me.WaysIn.as_view(), name="mfa_index"),
    path("me/passkeys/add", me.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("me/passkeys/<int:pk>/remove", me.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("me/passkeys/<int:pk>/rename", me.RenamePasskey.as_view(), name="mfa_edit_webauthn"),
    path("me/app/add", door.SetUpApp.as_view(), name="mfa_activate_totp"),
    path("me/app/remove", me.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("me/recovery-codes", me.RecoveryCodes.as_view(), name="mfa_view_recovery_codes"),
    path("me/recovery-codes/new", me.NewRecoveryCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("me/sessions/end", me.EndSessions.as_view(), name="usersessions_list"),
    path("me/confirm", me.Confirm.as_view(), name="account_reauthenticate"),
    path("me/confirm/code", me.ConfirmByCode.as_view(), name="mfa_reauthenticate"),
    path("me/confirm/passkey", me.ConfirmByPasskey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("me/look", home.look, name="look"),
    path("device", me.device, name="device"),
    path("device/approved", me.device_approved, name="device-approved"),
]

urlpatterns: list[URLPattern] = [path("", home.home, name="home"), *DOOR, *ME]
