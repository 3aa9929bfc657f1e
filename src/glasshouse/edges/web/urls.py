# SPDX-License-Identifier: Apache-2.0
"""Every page of the web edge. The sign-in libraries' own tables are not included: only what is listed answers."""

from django.urls import URLPattern, path

from glasshouse.edges.web.views import (
    bookings,
    brought,
    budgets,
    changes,
    conclusions,
    coverage,
    decisions,
    desk,
    detections,
    door,
    engagements,
    findings,
    holds,
    home,
    me,
    measures,
    notes,
    notices,
    products,
    questions,
    reading,
    record,
    saved,
    scans,
    search,
    sessions,
    sites,
    symbols,
    verdicts,
    visits,
    workstations,
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
    path("me/sessions/end", sessions.end_others, name="usersessions_list"),
    path("me/sessions/<str:session>/end", sessions.end_own, name="session-end-own"),
    path("me/sessions/<str:session>/confirm", sessions.confirm_elsewhere, name="session-confirm"),
    path("me/confirm", me.Confirm.as_view(), name="account_reauthenticate"),
    path("me/confirm/code", me.ConfirmByCode.as_view(), name="mfa_reauthenticate"),
    path("me/confirm/passkey", me.ConfirmByPasskey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("me/mail", notices.mail, name="mail"),
    path("me/look", home.look, name="look"),
    path("device", me.device, name="device"),
    path("device/approved", me.device_approved, name="device-approved"),
]

SESSIONS: list[URLPattern] = [
    path("sessions/", sessions.sessions, name="sessions"),
    path("holds/", holds.holds, name="holds"),
    path("holds/<str:hold>/lift", holds.lift, name="hold-lift"),
    path("sessions/<str:person>/<str:session>/end", sessions.end, name="session-end"),
]

READING: list[URLPattern] = [
    path("r/", reading.reading_room, name="reading-room"),
    path("r/<str:grant>/<str:release>/", reading.folder, name="release"),
    path("r/<str:grant>/<str:release>/begin", reading.begin, name="visit-begin"),
    path("r/<str:grant>/<str:release>/folder/<path:path>", reading.folder, name="folder"),
    path("r/<str:grant>/<str:release>/file/<path:path>", reading.file, name="file"),
    path("r/<str:grant>/<str:release>/still", budgets.still, name="still"),
    path("r/<str:grant>/<str:release>/left-out", reading.left_out, name="left-out"),
    path("coverage/", coverage.coverages, name="coverages"),
    path("r/<str:grant>/<str:release>/coverage", coverage.coverage, name="coverage"),
    path("r/<str:grant>/<str:release>/coverage/<path:path>", coverage.coverage, name="coverage-folder"),
    path("r/<str:grant>/<str:release>/conclusions", conclusions.conclusions, name="conclusions"),
    path("conclusions/<str:release>/", conclusions.newest, name="conclusions-of"),
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
    path("record/read", record.read, name="days-read"),
    path("record/trust", record.trust, name="trust"),
    path("record/entries/<str:event>", record.proof, name="proof"),
    path("record/entries/<str:event>/seal", record.seal, name="seal"),
    path("record/entries/<str:event>/watermark.svg", record.watermark, name="watermark"),
    path("record/entries/<str:event>/tlog-proof", record.tlog_proof, name="tlog-proof"),
    path("record/visits/<str:visit>", visits.visit, name="visit"),
    path("record/visits/<str:visit>/text", visits.text, name="visit-text"),
    path("record/visits/<str:visit>/close", visits.close, name="visit-close"),
    path("record/visits/<str:visit>/receipt.zip", visits.receipt, name="receipt"),
]

SCANS: list[URLPattern] = [
    path("scans/", scans.scans, name="scans"),
    path("scans/<str:release>/", scans.release_scans, name="scans-of"),
    path("scans/<str:release>/runs/<str:scan>/", scans.run, name="scan"),
    path("scans/<str:release>/runs/<str:scan>/stop", scans.stop, name="scan-stop"),
    path("r/<str:grant>/<str:release>/scans/", scans.granted_scans, name="scans-under"),
    path("r/<str:grant>/<str:release>/scans/brought", scans.granted_brought, name="scan-brought-under"),
    path("r/<str:grant>/<str:release>/scans/<str:scan>/", scans.granted_run, name="scan-under"),
    path("r/<str:grant>/<str:release>/scans/<str:scan>/files", scans.granted_gaps, name="scan-files-under"),
    path("r/<str:grant>/<str:release>/scans/<str:scan>/stop", scans.granted_stop, name="scan-stop-under"),
]

PRODUCTS: list[URLPattern] = [
    path("products/", products.products, name="products"),
    path("products/<str:product>/reading", products.reading, name="product-reading"),
]

DECISIONS: list[URLPattern] = [
    path("proposals/grant", decisions.new_grant, name="grant-new"),
    path("proposals/erasure", decisions.new_erasure, name="erasure-new"),
    path("proposals/shredding", decisions.new_shredding, name="shredding-new"),
    path("proposals/<str:proposal>/", decisions.proposal, name="proposal"),
    path("grants/", decisions.grants, name="grants"),
    path("grants/<str:grant>/revoke", decisions.revoke, name="grant-revoke"),
    path("grants/<str:grant>/resume", budgets.resume, name="grant-resume"),
    path("grants/<str:grant>/more", budgets.more, name="grant-more"),
]

SPEAKING: list[URLPattern] = [
    path("notes/", notes.notes, name="notes"),
    path("notes/on/<str:grant>/<str:event>", notes.write, name="note-new"),
    path("notes/<str:note>/", notes.note, name="note"),
    path("notes/<str:note>/share", notes.share, name="note-share"),
    path("notes/<str:note>/remove", notes.remove, name="note-remove"),
    path("notes/<str:note>/finding", findings.raise_from_note, name="finding-new"),
    path("questions/", questions.questions, name="questions"),
    path("questions/on/<str:grant>/<str:event>", questions.ask, name="question-new"),
    path("questions/<str:question>/", questions.question, name="question"),
    path("questions/<str:question>/close", questions.close, name="question-close"),
    path("findings/", findings.findings, name="findings"),
    path("findings/<str:finding>/", findings.finding, name="finding"),
    path("findings/<str:finding>/step", findings.step, name="finding-step"),
    path("overdue", notices.overdue, name="overdue"),
    path("inbox/", notices.inbox, name="inbox"),
    path("inbox/<str:notice>/", notices.open_notice, name="notice"),
]

DETECTIONS: list[URLPattern] = [
    path("measures/<str:release>/", measures.of_release, name="measures-of"),
    path("measures/<str:release>/folder/<path:path>", measures.of_release, name="measures-of-folder"),
    path("r/<str:grant>/<str:release>/measures", measures.under_grant, name="measures-under"),
    path("r/<str:grant>/<str:release>/measures/<path:path>", measures.under_grant, name="measures-under-folder"),
    path("detections/", detections.detections, name="detections"),
    path("detections/<str:release>/", detections.of_release, name="detections-of"),
    path("detections/<str:release>/judge", verdicts.judge, name="detections-judge"),
    path("detections/<str:release>/<str:detection>/", detections.detection, name="detection"),
    path("detections/<str:release>/since/<str:before>/", detections.since, name="detections-since"),
    path(
        "r/<str:grant>/<str:release>/detections/since/<str:before>/", detections.since_under_grant, name="since-under"
    ),
    path("r/<str:grant>/<str:release>/detections/", detections.under_grant, name="detections-under"),
    path("r/<str:grant>/<str:release>/detections/judge", verdicts.judge, name="detections-judge-under"),
    path("r/<str:grant>/<str:release>/detections/put", verdicts.put, name="detections-put-under"),
    path("verdicts/<str:verdict>/", verdicts.verdict, name="verdict"),
    path("verdicts/of/<str:release>/", verdicts.of_release, name="verdicts-of"),
    path("r/<str:grant>/<str:release>/detections/<str:detection>/", detections.one_under_grant, name="detection-under"),
]

ENGAGEMENTS: list[URLPattern] = [
    path("engagements/", engagements.engagements, name="engagements"),
    path("engagements/ask", engagements.ask, name="engagement-ask"),
    path("engagements/counts", engagements.counts, name="request-counts"),
    path("engagements/terms", engagements.terms, name="terms"),
    path("engagements/<str:engagement>/", engagements.engagement, name="engagement"),
    path("engagements/<str:engagement>/sign", engagements.sign, name="engagement-sign"),
    path("engagements/<str:engagement>/amend", engagements.amend, name="engagement-amend"),
    path("engagements/<str:engagement>/renew", engagements.renew, name="engagement-renew"),
    path("engagements/<str:engagement>/close", engagements.close, name="engagement-close"),
    path("requests/<str:request_uid>/", engagements.request_page, name="request"),
    path("requests/<str:request_uid>/vet", engagements.vet, name="request-vet"),
    path("requests/<str:request_uid>/export", engagements.export, name="request-export"),
    path("requests/<str:request_uid>/export/withdraw", engagements.withdraw_export, name="export-withdraw"),
    path("requests/<str:request_uid>/refuse", engagements.refuse, name="request-refuse"),
    path("requests/<str:request_uid>/propose", engagements.propose, name="request-propose"),
    path("requests/<str:request_uid>/withdraw", engagements.withdraw, name="request-withdraw"),
]

BROUGHT: list[URLPattern] = [
    path("brought/", brought.brought, name="brought"),
    path("brought/new", brought.hand_in, name="brought-new"),
    path("brought/<str:brought>/", brought.one, name="brought-one"),
    path("brought/<str:brought>/decide", brought.decide, name="brought-decide"),
    path("brought/<str:brought>/withdraw", brought.withdraw, name="brought-withdraw"),
    path("brought/<str:brought>/again", brought.try_again, name="brought-again"),
]

SITES: list[URLPattern] = [
    path("sites/", sites.sites, name="sites"),
    path("sites/today", sites.today, name="sites-today"),
    path("sites/new", sites.new_site, name="site-new"),
    path("sites/<str:site>/", sites.site, name="site"),
    path("sites/<str:site>/notice", sites.notice, name="site-notice"),
    path("sites/<str:site>/week", sites.site_week, name="site-week"),
    path("sites/<str:site>/change", sites.change, name="site-change"),
    path("sites/<str:site>/close", sites.close, name="site-close"),
    path("sites/<str:site>/book", bookings.new_booking, name="booking-new"),
    path("sites/<str:site>/rooms/<str:place>/workstation", sites.new_workstation, name="workstation-new"),
    path("bookings/<str:booking>/", bookings.booking, name="booking"),
    path("bookings/<str:booking>/cancel", bookings.cancel, name="booking-cancel"),
    path("bookings/<str:booking>/arrive/<str:person>", bookings.arrive, name="arrive"),
    path("arrivals/<str:arrival>/", bookings.arrival, name="arrival"),
    path("arrivals/<str:arrival>/escort", bookings.escort, name="arrival-escort"),
    path("arrivals/<str:arrival>/depart", bookings.depart, name="arrival-depart"),
    path("workstations/<str:workstation>/", workstations.workstation, name="workstation"),
    path("workstations/<str:workstation>/challenge", workstations.challenge, name="workstation-challenge"),
    path("workstations/<str:workstation>/enrol", workstations.enrol, name="workstation-enrol"),
    path("workstations/<str:workstation>/end", workstations.end, name="workstation-end"),
    path("workstations/<str:workstation>/retire", workstations.retire, name="workstation-retire"),
    path("workstations/<str:workstation>/word", workstations.word, name="workstation-word"),
]

urlpatterns: list[URLPattern] = [
    path("", desk.home, name="home"),
    *DOOR,
    *ME,
    *SESSIONS,
    *READING,
    *SAVED,
    *SEARCH,
    *RECORD,
    *SCANS,
    *PRODUCTS,
    *DECISIONS,
    *ENGAGEMENTS,
    *SPEAKING,
    *DETECTIONS,
    *SITES,
    *BROUGHT,
]
