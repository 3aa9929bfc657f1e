# SPDX-License-Identifier: Apache-2.0
"""A promise is checked by whoever holds the delegated key, and by nothing of ours."""

import base64
import stat
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings

from glasshouse.domain.journal import promises, queries
from glasshouse.domain.journal.values import Recorded
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.releases import vault
from glasshouse.kernel.errors import ConflictError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from tests.lab import MAIN, NOW, Desk, House


def text_of(recorded: Recorded) -> bytes:
    commitment = base64.b64encode(recorded.commitment).decode()
    origin = settings.GLASSHOUSE.origin
    return f"glasshouse/promise/v1\n{origin}\n{recorded.engagement}\n{recorded.number}\n{commitment}\n".encode()


def test_a_promise_verifies_under_the_key_that_the_log_delegates(desk: Desk) -> None:
    view = readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 2), now=NOW).view
    delegation = queries.events_of_kind("ledger.web-key-delegated").get()
    key = queries.open_event(delegation, vault.journal_sealer).fields["key"]
    assert isinstance(key, dict)
    assert (key["algorithm"], key["from"], key["until"]) == (
        *("ed25519", "2026-11-23T08:00:00.000000Z", "2028-11-22T08:00:00.000000Z"),
    )
    public = base64.b64decode(str(key["public"]))
    assert view.promise.key == public
    Ed25519PublicKey.from_public_bytes(public).verify(view.promise.signature, text_of(view.recorded))
    assert view.promise.header == " ".join(
        base64.b64encode(part).decode() for part in (view.promise.key, view.promise.signature)
    )


def test_a_promise_is_of_one_number_and_one_commitment(desk: Desk) -> None:
    view = readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 2), now=NOW).view
    number = view.recorded.number
    assert number is not None
    for other in (
        replace(view.recorded, number=number + 1),
        replace(view.recorded, commitment=bytes(32)),
        replace(view.recorded, engagement=view.recorded.uid),
    ):
        with pytest.raises(InvalidSignature):
            Ed25519PublicKey.from_public_bytes(view.promise.key).verify(view.promise.signature, text_of(other))
        assert promises.promise(other).signature != view.promise.signature


def test_the_key_is_for_its_owner_alone_and_never_replaced(house: House) -> None:
    del house
    path = settings.GLASSHOUSE.web / "promise.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = path.read_bytes()
    with pytest.raises(FileExistsError):
        promises.delegate_key("operator:tests", now=NOW + timedelta(days=1))
    assert path.read_bytes() == kept


def test_without_the_key_nothing_is_shown_and_the_next_step_is_told(desk: Desk) -> None:
    (settings.GLASSHOUSE.web / "promise.key").unlink()
    promises._key.cache_clear()
    with pytest.raises(ConflictError, match="nothing is shown"):
        readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 2), now=NOW)


def test_what_belongs_to_no_engagement_is_not_promised(house: House) -> None:
    del house
    row = queries.events_of_kind("ledger.web-key-delegated").get()
    recorded = Recorded(row.pk, Uid(row.uid), row.kind, bytes(row.commitment), None, None)
    with pytest.raises(TypeError):
        promises.promise(recorded)
