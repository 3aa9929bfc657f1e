# SPDX-License-Identifier: Apache-2.0
"""Every page of the web edge. The sign-in libraries' own tables are not included: only what is listed answers."""

from django.urls import URLPattern, path

from glasshouse.edges.web.views import (
    changes,
    decisions,
    desk,
    door,
    home,
    me,
    reading,
    record,
    saved,
    search,
    symbols,
    visits,
)

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

READING: list[URLPattern] = [
    path("r/", reading.reading_room, name="reading-room"),
    path("r/<str:grant>/<str:release>/", reading.folder, name="release"),
    path("r/<str:grant>/<str:release>/begin", reading.begin, name="visit-begin"),
    path("r/<str:grant>/<str:release>/folder/<path:path>", reading.folder, name="folder"),
    path("r/<str:grant>/<str:release>/file/<path:path>", reading.file, name="file"),
    path("r/<str:grant>/<str:release>/left-out", reading.left_out, name="left-out"),
    path("r/<str:grant>/<str:release>/names", symbols.names, name="names"),
    path("r/<str:grant>/<str:release>/uses", symbols.uses, name="uses"),
    path("r/<str:grant>/<str:release>/outline/<path:path>", symbols.outline, name="outline"),
    path("r/<str:grant>/<str:release>/definition/<path:path>", symbols.definition, name="definition"),
    path("r/<str:grant>/<str:release>/references/<path:path>", symbols.references, name="references"),
    path("r/<str:grant>/<str:release>/history/<path:path>", symbols.history, name="history"),
    path("changes/", changes.changes, name="changes"),
    path("changes/<str:grant>/<str:before>/<str:after>/", changes.release_changes, name="release-changes"),
    path("changes/<str:grant>/<str:before>/<str:after>/functions", symbols.functions, name="function-changes"),
    path("changes/<str:grant>/<str:before>/<str:after>/file/<path:path>", changes.difference, name="difference"),
]

SAVED: list[URLPattern] = [
    path("search/saved/", saved.saved_searches, name="saved-searches"),
    path("search/saved/<str:saved>/label", saved.rename, name="saved-rename"),
    path("search/saved/<str:saved>/end", saved.end, name="saved-end"),
    path("search/saved/<str:saved>/new/<str:run>", saved.new_lines, name="saved-new"),
    path("search/<str:grant>/save/<str:event>", saved.save, name="search-save"),
]

SEARCH: list[URLPattern] = [
    path("search/", search.searches, name="searches"),
    path("search/<str:grant>/", search.search, name="search"),
    path("search/<str:grant>/again/<str:event>", search.search_again, name="search-again"),
    path("search/<str:grant>/tally/<str:ticket>", search.search_tally, name="search-tally"),
]

RECORD: list[URLPattern] = [
    path("record/", record.record, name="record"),
    path("record/trust", record.trust, name="trust"),
    path("record/entries/<str:event>", record.proof, name="proof"),
    path("record/entries/<str:event>/seal", record.seal, name="seal"),
    path("record/entries/<str:event>/watermark.svg", record.watermark, name="watermark"),
    path("record/entries/<str:event>/tlog-proof", record.tlog_proof, name="tlog-proof"),
    path("record/visits/<str:visit>", visits.visit, name="visit"),
    path("record/visits/<str:visit>/close", visits.close, name="visit-close"),
    path("record/visits/<str:visit>/receipt.zip", visits.receipt, name="receipt"),
]

DECISIONS: list[URLPattern] = [
    path("proposals/grant", decisions.new_grant, name="grant-new"),
    path("proposals/erasure", decisions.new_erasure, name="erasure-new"),
    path("proposals/shredding", decisions.new_shredding, name="shredding-new"),
    path("proposals/<str:proposal>/", decisions.proposal, name="proposal"),
    path("grants/", decisions.grants, name="grants"),
    path("grants/<str:grant>/revoke", decisions.revoke, name="grant-revoke"),
]

urlpatterns: list[URLPattern] = [
    path("", desk.home, name="home"),
    *DOOR,
    *ME,
    *READING,
    *SAVED,
    *SEARCH,
    *RECORD,
    *DECISIONS,
]
