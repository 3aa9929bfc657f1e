# SPDX-License-Identifier: Apache-2.0
"""Terms: published in versions, pinned by digest, signed by passkey; each change of terms or scope is signed anew."""

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from django.db import connection

from glasshouse.domain.engagements import commands, queries
from glasshouse.domain.engagements.errors import (
    AgreementChangedError,
    AlreadySignedError,
    EngagementClosedError,
    NotNamedError,
    TermsNotSignedError,
)
from glasshouse.domain.engagements.models import Agreement, Engagement, Signature
from glasshouse.domain.engagements.values import Amendment, Ending, SignatureAsked, TermsKind
from glasshouse.domain.journal.models import Event
from glasshouse.domain.people import commands as people
from glasshouse.domain.people.assertions import Assertion
from glasshouse.domain.people.errors import PasskeyWordError, RoleMissingError
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.readingroom import queries as reading
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from scripts import engaging
from tests.domain.engagements.steps import MONTH, REVIEWER, clear, grant, opened, request_of
from tests.domain.readingroom.passkeys import ORIGIN, RP
from tests.lab import EXPORT, FILES, MAIN, NOW, House, add, next_version
from tests.verifier.synthetic import Authenticator


@dataclass(frozen=True, slots=True)
class Key:
    """A passkey of somebody's."""

    one: Authenticator
    credential: bytes

    @classmethod
    def of(cls, viewer: Viewer) -> "Key":
        """Enrol one."""
        one = Authenticator.es256()
        credential = hashlib.sha256(viewer.uid.text.encode()).digest()
        people.record_passkey_enrolled(viewer.uid, people.NewPasskey(credential, one.cose, one.algorithm, RP), now=NOW)
        return cls(one, credential)

    def answer(self, asked: SignatureAsked, **told: object) -> Assertion:
        """Answer what is asked."""
        made = self.one.assertion(asked.challenge, rp=RP, **{"origin": ORIGIN, **told})  # type: ignore[arg-type] # keywords of many types
        return Assertion(
            self.credential,
            *(base64.b64decode(made[name]) for name in ("authenticator_data", "client_data", "signature")),
        )


def test_what_is_signed_is_the_agreement_by_its_digest(house: House) -> None:
    found, viewer = opened(house), house.cast.reviewer
    uid, key = Uid(found.uid), Key.of(viewer)
    asked = commands.prepare_signature(viewer, uid, now=NOW)
    agreement = queries.agreement_of(found)
    assert agreement is not None
    assert json.loads(asked.text) == {
        "agreement": Digest.of(agreement.statement.encode()).raw.hex(),
        "engagement": found.uid,
        "origin": "localhost/ledger",
        "person": viewer.uid.text,
    }
    stated = json.loads(agreement.statement)
    assert stated["terms"] == {terms.kind: Digest.of(terms.text.encode()).raw.hex() for terms in agreement.terms.all()}
    assert stated["releases"] == found.releases
    commands.sign_terms(viewer, uid, asked.text, key.answer(asked), now=NOW)
    assert queries.clearance(uid, viewer.row, NOW).has_signed
    signed = Event.objects.get(kind="engagements.terms-signed")
    assert (signed.actor, signed.engagement, signed.number) == (viewer.uid.text, found.uid, 2)
    with pytest.raises(AlreadySignedError):
        commands.sign_terms(viewer, uid, asked.text, key.answer(asked), now=NOW)


def test_a_word_on_anything_else_is_refused(house: House) -> None:
    found, viewer = opened(house), house.cast.reviewer
    uid, key = Uid(found.uid), Key.of(viewer)
    asked = commands.prepare_signature(viewer, uid, now=NOW)
    good = key.answer(asked)
    with pytest.raises(PasskeyWordError):
        commands.sign_terms(viewer, uid, asked.text + b" ", good, now=NOW)
    with pytest.raises(PasskeyWordError):
        commands.sign_terms(viewer, uid, asked.text, key.answer(asked, origin="https://evil.example"), now=NOW)
    with pytest.raises(PasskeyWordError):
        commands.sign_terms(viewer, uid, asked.text, replace(good, signature=good.signature[:-1] + b"\0"), now=NOW)
    with pytest.raises(PasskeyWordError, match="not one of yours"):
        commands.sign_terms(viewer, uid, asked.text, replace(good, credential=b"another"), now=NOW)
    for text in (asked.text.replace(viewer.uid.text.encode(), house.cast.stranger.uid.text.encode()), b"{}", b""):
        other = replace(asked, text=text, challenge=hashlib.sha256(b"glasshouse/terms/v1\n" + text).digest())
        with pytest.raises(AgreementChangedError):
            commands.sign_terms(viewer, uid, text, key.answer(other), now=NOW)
    assert not Signature.objects.exists()


def test_what_is_signed_is_the_agreement_that_was_read(house: House) -> None:
    found, viewer = opened(house), house.cast.reviewer
    uid = Uid(found.uid)
    assert commands.prepare_signature(viewer, uid, shown=1, now=NOW).agreement == 1
    commands.publish_terms(house.cast.manager, TermsKind.NDA, "Another one.", now=NOW)
    commands.renew_terms(house.cast.manager, uid, now=NOW)
    with pytest.raises(AgreementChangedError):
        commands.prepare_signature(viewer, uid, shown=1, now=NOW)


def test_texts_that_are_published_at_once_are_numbered_one_by_one(open_house: House) -> None:
    def publish(number: int) -> int:
        try:
            text = f"Rules, draft {number}."
            return commands.publish_terms(open_house.cast.manager, TermsKind.RULES, text, now=NOW).version
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(publish, range(4))) == [1, 2, 3, 4]


def test_the_close_of_a_visit_cannot_pass_for_a_word_on_terms(house: House) -> None:
    found, viewer = opened(house), house.cast.reviewer
    uid, key = Uid(found.uid), Key.of(viewer)
    asked = commands.prepare_signature(viewer, uid, now=NOW)
    close = replace(asked, challenge=hashlib.sha256(b"glasshouse/visit-close/v1\n" + asked.text).digest())
    with pytest.raises(PasskeyWordError, match="another question"):
        commands.sign_terms(viewer, uid, asked.text, key.answer(close), now=NOW)


def test_nobody_signs_for_another_or_unasked(house: House) -> None:
    uid, viewer = Uid(opened(house).uid), house.cast.reviewer
    asked = commands.prepare_signature(viewer, uid, now=NOW)
    for other in (house.cast.stranger, house.cast.colleague):
        with pytest.raises(NotFoundError):
            commands.prepare_signature(other, uid, now=NOW)
        with pytest.raises(NotFoundError):
            commands.sign_terms(other, uid, asked.text, Key.of(other).answer(asked), now=NOW)
    with pytest.raises(NotNamedError):
        commands.prepare_signature(house.cast.manager, uid, now=NOW)


def test_terms_that_changed_while_they_were_read_are_read_again(house: House) -> None:
    uid, viewer = Uid(opened(house).uid), house.cast.reviewer
    key = Key.of(viewer)
    asked = commands.prepare_signature(viewer, uid, now=NOW)
    commands.publish_terms(house.cast.manager, TermsKind.NDA, "You keep it for ever.", now=NOW)
    commands.renew_terms(house.cast.manager, uid, now=NOW)
    with pytest.raises(AgreementChangedError, match="changed since you read them"):
        commands.sign_terms(viewer, uid, asked.text, key.answer(asked), now=NOW)
    again = commands.prepare_signature(viewer, uid, now=NOW)
    commands.sign_terms(viewer, uid, again.text, key.answer(again), now=NOW)
    assert queries.clearance(uid, viewer.row, NOW).has_signed


def test_a_text_that_is_published_changes_nothing_that_was_signed(house: House) -> None:
    uid, viewer = house.engage(house.cast.reviewer, house.take()), house.cast.reviewer
    commands.publish_terms(house.cast.manager, TermsKind.RULES, "Newer rules.", now=NOW)
    assert queries.clearance(uid, viewer.row, NOW).has_signed
    assert queries.engagement_page(viewer, uid, now=NOW).has_newer_terms
    commands.renew_terms(house.cast.manager, uid, now=NOW)
    assert not queries.clearance(uid, viewer.row, NOW).has_signed
    with pytest.raises(AgreementChangedError, match="has the newest"):
        commands.renew_terms(house.cast.manager, uid, now=NOW)


def test_terms_are_the_lab_managers_and_each_version_stays(house: House) -> None:
    first = commands.publish_terms(house.cast.manager, TermsKind.NDA, "One.\r\n", now=NOW)
    with pytest.raises(AlreadySignedError):
        commands.publish_terms(house.cast.manager, TermsKind.NDA, "One.", now=NOW)
    second = commands.publish_terms(house.cast.manager, TermsKind.NDA, "Two.", now=NOW)
    assert (first.version, second.version, first.text) == (1, 2, "One.")
    assert queries.terms_shown(TermsKind.NDA, 1).text == "One."
    for viewer in (house.cast.custodian, house.cast.officer):
        with pytest.raises(RoleMissingError):
            commands.publish_terms(viewer, TermsKind.NDA, "Mine.", now=NOW)
    boss = add("boss@other.example", "Laboratory B", Role.LAB_MANAGER)
    for viewer in (house.cast.reviewer, boss):
        with pytest.raises(NotFoundError):
            commands.publish_terms(viewer, TermsKind.NDA, "Mine.", now=NOW)


def test_nobody_is_shown_anything_before_they_have_signed(house: House) -> None:
    release, viewer = house.take(), house.cast.reviewer
    uid = engaging.engage(house.office, viewer, [Uid(release.uid)], now=NOW)
    proposal = readingroom.propose_grant(house.cast.manager, grant(uid, REVIEWER, release), now=NOW)
    house.agree(proposal, house.cast.custodian)
    house.agree(proposal, house.cast.officer, basis=EXPORT)
    held = Uid(reading.desk(viewer, NOW)[0].grant.uid)
    with pytest.raises(TermsNotSignedError):
        readingroom.begin_visit(viewer, held, Uid(release.uid), now=NOW)
    engaging.sign(uid, now=NOW)
    readingroom.begin_visit(viewer, held, Uid(release.uid), now=NOW)


def test_an_engagement_that_is_edited_shows_nothing_until_it_is_signed_again(house: House) -> None:
    desk = house.desk()
    readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 2), now=NOW)
    uid = Uid(Engagement.objects.get().uid)
    later = house.take("2", next_version(FILES))
    proposal = commands.propose_amendment(house.cast.manager, uid, Amendment(releases=(Uid(later.uid),)), now=NOW)
    house.agree(proposal, house.cast.custodian)
    readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(3, 4), now=NOW)
    house.agree(proposal, house.cast.officer)
    before = Event.objects.filter(kind="readingroom.lines-shown").count()
    with pytest.raises(TermsNotSignedError):
        readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(5, 6), now=NOW)
    with pytest.raises(TermsNotSignedError):
        readingroom.open_folder(desk.viewer, desk.grant, desk.release, None, now=NOW)
    assert Event.objects.filter(kind="readingroom.lines-shown").count() == before
    house.engage(desk.viewer, *desk.taken)
    readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(5, 6), now=NOW)


def test_a_closed_engagement_shows_signs_and_changes_nothing_more(house: House) -> None:
    desk = house.desk()
    uid = Uid(Engagement.objects.get().uid)
    with pytest.raises(NotFoundError):
        commands.close_engagement(house.cast.stranger, uid, Ending.ENDED_BY_VISITOR, "Not mine.", now=NOW)
    with pytest.raises(RoleMissingError):
        commands.close_engagement(house.cast.officer, uid, Ending.COMPLETED, "", now=NOW)
    with pytest.raises(Exception, match="for itself"):
        commands.close_engagement(desk.viewer, uid, Ending.ENDED_BY_LAB, "They did.", now=NOW)
    commands.close_engagement(house.cast.manager, uid, Ending.COMPLETED, "", now=NOW)
    with pytest.raises(Exception, match="was revoked"):
        readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 2), now=NOW)
    with pytest.raises(EngagementClosedError):
        commands.close_engagement(desk.viewer, uid, Ending.COMPLETED, "", now=NOW)
    with pytest.raises(EngagementClosedError):
        commands.prepare_signature(desk.viewer, uid, now=NOW)
    with pytest.raises(EngagementClosedError):
        clear(house, request_of(Engagement.objects.get()))
    with pytest.raises(EngagementClosedError):
        commands.propose_amendment(house.cast.manager, uid, Amendment(ends=NOW + 500 * MONTH), now=NOW)
    page = queries.engagement_page(desk.viewer, uid, now=NOW)
    assert (page.is_open, page.may_sign, page.engagement.ending) == (False, False, Ending.COMPLETED)


def test_an_engagement_ends_by_itself_with_its_time(house: House) -> None:
    found = opened(house)
    uid = Uid(found.uid)
    after = NOW + MONTH + timedelta(seconds=1)
    assert not queries.clearance(uid, house.cast.reviewer.row, after).is_open
    with pytest.raises(EngagementClosedError, match="ended on"):
        commands.prepare_signature(house.cast.reviewer, uid, now=after)
    assert queries.open_engagements(house.cast.manager, NOW).count() == 1
    assert queries.open_engagements(house.cast.manager, after).count() == 0


def test_both_parties_read_the_same_story_and_none_of_who_reads_what(house: House) -> None:
    desk = house.desk()
    readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 2), now=NOW)
    found = Engagement.objects.get()
    uid = Uid(found.uid)
    story, theirs = (
        queries.engagement_page(viewer, uid, now=NOW).timeline for viewer in (desk.viewer, house.cast.manager)
    )
    assert story == theirs
    assert [moment.kind for moment in story] == [
        "engagements.requested",
        "engagements.vetted",
        "engagements.export-decided",
        "approvals.proposed",
        "approvals.agree",
        "approvals.agree",
        "engagements.opened",
        "engagements.terms-signed",
        "access.grant-opened",
    ]
    assert {moment.who for moment in story} == {"Reviewer", "Manager", "Officer", "Custodian"}
    with pytest.raises(NotFoundError):
        queries.engagement_page(house.cast.colleague, uid, now=NOW)


def test_an_export_decision_taken_anew_covers_who_is_added(house: House) -> None:
    uid = house.engage(house.cast.reviewer, house.take())
    clear(house, request_of(Engagement.objects.get()), house.cast.reviewer, house.cast.colleague, number="EC-2026-2")
    clearance = queries.clearance(uid, house.cast.reviewer.row, NOW)
    assert (clearance.export, clearance.until) == ("EC-2026-2", NOW + MONTH)


def test_an_engagement_of_before_has_no_agreement_and_shows_nothing_more(house: House) -> None:
    desk = house.desk()
    # As a lab has it that was upgraded: opened before there were requests, agreements and an end.
    Signature.objects.all().delete()
    Agreement.terms.through.objects.all().delete()
    Agreement.objects.all().delete()
    Engagement.objects.update(request=None, agreement=0, begins=None, ends=None)
    uid = Uid(Engagement.objects.get().uid)
    clearance = queries.clearance(uid, desk.viewer.row, NOW)
    assert (clearance.is_open, clearance.has_signed, clearance.export) == (False, False, "")
    with pytest.raises(TermsNotSignedError):
        readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 2), now=NOW)
    page = queries.engagement_page(house.cast.manager, uid, now=NOW)
    assert (page.agreement, page.is_open, page.may_sign) == (None, False, False)
    with pytest.raises(NotNamedError):
        commands.prepare_signature(desk.viewer, uid, now=NOW)
    commands.close_engagement(house.cast.manager, uid, Ending.COMPLETED, "", now=NOW)
