# SPDX-License-Identifier: Apache-2.0
import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import glasshouse_verify as v
import pytest

from tests.verifier.synthetic import (
    NOW,
    RELEASE,
    START,
    VISIT,
    Authenticator,
    Lab,
    Release,
    Story,
    b64,
    note,
    sha,
    story,
    zipped,
)


def judged(receipt: dict[str, Any], visit: Story, trust: bytes | None = None) -> v.Verdict:
    return v.verify_receipt(zipped(receipt, visit.checkpoint), v.Trust.parse(trust or visit.trust), now=NOW)


def said(verdict: v.Verdict, *standings: v.Standing) -> str:
    return "\n".join(line.text for line in verdict.lines if not standings or line.standing in standings)


def of_lab(lab: Lab, receipt: dict[str, Any]) -> v.Verdict:
    return v.verify_receipt(zipped(receipt, lab.checkpoint()), v.Trust.parse(lab.trust()), now=NOW)


def opened_lab() -> Lab:
    lab = Lab()
    lab.delegate()
    lab.enrol()
    lab.record("readingroom.visit-opened", VISIT)
    return lab


@pytest.mark.parametrize("make", [Authenticator.es256, Authenticator.eddsa, Authenticator.rs256])
def test_a_whole_visit_is_proved(make: Callable[[], Authenticator]) -> None:
    verdict = judged((visit := story(make())).receipt, visit)
    assert verdict.outcome is v.Outcome.PROVED
    assert verdict.exit_code == 0
    text = said(verdict, v.Standing.PROVED)
    assert "2 views of 6 lines left the lab" in text
    assert "release 2.0.20" in text
    assert "2 promises" in text
    assert "signed at https://lab.example" in text
    assert [one["path"] for one in verdict.facts["views"]] == ["core/main.c", "core/buffer.c"]


def test_what_no_signature_proves_is_always_said(visit: Story) -> None:
    text = said(judged(visit.receipt, visit), v.Standing.NOT_PROVED)
    for words in ("photographed", "built, delivered or installed", "clock", "read what was shown", "another visit"):
        assert words in text


def test_without_a_trust_file_the_author_is_unknown_and_nothing_is_proved(visit: Story) -> None:
    verdict = v.verify_receipt(visit.zip, None, now=NOW)
    assert (verdict.outcome, verdict.exit_code) == (v.Outcome.AUTHOR_UNKNOWN, 3)
    assert v.Standing.PROVED not in {line.standing for line in verdict.lines}


def test_a_trust_file_for_another_log_leaves_the_author_unknown(visit: Story) -> None:
    other = v.Trust.parse(visit.trust.replace(visit.lab.log.vkey.encode(), OTHER_LOG.encode()))
    assert v.verify_receipt(visit.zip, other, now=NOW).exit_code == 3


OTHER_LOG = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_another_key_under_the_logs_name_is_broken(visit: Story) -> None:
    impostor = Lab()
    impostor.log = type(impostor.log)("lab.example/one", 1, impostor.web)
    trust = visit.trust.replace(visit.lab.log.vkey.encode(), impostor.log.vkey.encode())
    assert judged(visit.receipt, visit, trust).exit_code == 1


def test_too_few_witnesses_do_not_meet_the_quorum(visit: Story) -> None:
    lone = zipped(visit.receipt, visit.lab.checkpoint(cosigners=1))
    verdict = v.verify_receipt(lone, v.Trust.parse(visit.trust), now=NOW)
    assert verdict.exit_code == 4
    assert "your quorum (2): 1 of 3 witnesses" in said(verdict, v.Standing.NOT_PROVED)


def test_without_witnesses_it_says_that_trees_may_differ(visit: Story) -> None:
    lone = zipped(visit.receipt, visit.lab.checkpoint(cosigners=0))
    trust = v.Trust.parse(visit.lab.trust("none"))
    verdict = v.verify_receipt(lone, trust, now=NOW)
    assert verdict.exit_code == 0
    assert "that everybody is shown the same tree" in said(verdict, v.Standing.NOT_PROVED)


def test_a_false_cosignature_breaks_the_checkpoint(visit: Story) -> None:
    forged = visit.lab.checkpoint(cosigners=2) + visit.lab.witnesses[2].line("another text\n", 5).encode()
    verdict = v.verify_receipt(zipped(visit.receipt, forged), v.Trust.parse(visit.trust), now=NOW)
    assert verdict.exit_code == 1


def test_a_cosignature_from_the_future_is_told(visit: Story) -> None:
    late = visit.lab.checkpoint(at=int(NOW.timestamp()) + 3600)
    verdict = v.verify_receipt(zipped(visit.receipt, late), v.Trust.parse(visit.trust), now=NOW)
    assert "is ahead of this machine's clock" in said(verdict, v.Standing.NOT_PROVED)


def test_a_cosignature_at_an_impossible_time_is_broken(visit: Story) -> None:
    late = visit.lab.checkpoint(at=2**62)
    verdict = v.verify_receipt(zipped(visit.receipt, late), v.Trust.parse(visit.trust), now=NOW)
    assert verdict.exit_code == 1


# -- what the lab leaves out


def test_a_dropped_view_shows_as_a_gap(visit: Story) -> None:
    receipt = copy.deepcopy(visit.receipt)
    del receipt["events"][1]
    receipt["manifest_proofs"] = receipt["manifest_proofs"][:1]
    verdict = judged(receipt, visit)
    assert verdict.exit_code == 4
    assert "1 entry is missing: 2" in said(verdict, v.Standing.GAP)
    assert "the visitor signed for entries 1 to 3, and not all of them" in said(verdict, v.Standing.GAP)


def test_a_receipt_that_begins_late_shows_a_gap(visit: Story) -> None:
    receipt = copy.deepcopy(visit.receipt)
    del receipt["events"][0]
    verdict = judged(receipt, visit)
    assert verdict.exit_code == 4
    assert "does not begin with the opening of the visit" in said(verdict, v.Standing.GAP)


def test_a_receipt_without_entries_is_a_gap(visit: Story) -> None:
    receipt = visit.receipt | {"events": [], "releases": [], "manifest_proofs": [], "close": None}
    assert judged(receipt, visit).exit_code == 4


def test_a_chain_that_was_spliced_shows_a_gap() -> None:
    lab = opened_lab()
    lab.view(RELEASE, "core/main.c", 1, 2)
    del lab.chain[-1]  # the lab denies this view and goes on from the entry before it, with its number
    lab.chain[-1].commitment, kept = sha(b"somebody else's"), lab.chain[-1].commitment
    lab.view(RELEASE, "core/buffer.c", 1, 1)
    lab.chain[0].commitment = kept
    verdict = of_lab(lab, lab.receipt(None, [RELEASE]))
    assert verdict.exit_code == 4
    assert "entry 2 does not continue entry 1" in said(verdict, v.Standing.GAP)


def test_two_entries_of_one_number_are_broken(visit: Story) -> None:
    receipt = copy.deepcopy(visit.receipt)
    receipt["events"].insert(1, receipt["events"][1])
    assert judged(receipt, visit).exit_code == 1


def test_an_entry_dated_before_the_one_it_follows_is_broken() -> None:
    lab = opened_lab()
    lab.at -= timedelta(hours=1)
    lab.record("readingroom.visit-closed", VISIT)
    verdict = of_lab(lab, lab.receipt(None))
    assert verdict.exit_code == 1
    assert "entry 2 is dated" in said(verdict, v.Standing.BROKEN)


def test_a_view_whose_lines_are_kept_closed_is_a_gap(visit: Story) -> None:
    receipt = copy.deepcopy(visit.receipt)
    receipt["events"][1] = visit.lab.opened(visit.lab.chain[1], "shown")
    receipt["manifest_proofs"] = receipt["manifest_proofs"][:1]
    verdict = judged(receipt, visit)
    assert verdict.exit_code == 4
    assert "entry 2 is a showing, and what it showed is kept closed" in said(verdict, v.Standing.GAP)


def test_a_path_may_stay_closed_and_is_then_not_proved(visit: Story) -> None:
    receipt = copy.deepcopy(visit.receipt)
    receipt["events"][1] = visit.lab.opened(visit.lab.chain[1], "file")
    receipt["manifest_proofs"] = receipt["manifest_proofs"][:1]
    verdict = judged(receipt, visit)
    assert verdict.exit_code == 0
    assert "of which file 1 view is" in said(verdict, v.Standing.NOT_PROVED)


def test_other_visits_stay_closed_between_ones_own() -> None:
    lab = opened_lab()
    lab.view(RELEASE, "core/main.c", 1, 1)
    lab.view(RELEASE, "README", 1, 1, visit="0ther000000000000000000000")
    lab.view(RELEASE, "core/buffer.c", 1, 1)
    receipt = lab.receipt(lab.close(lab.statement()), [RELEASE])
    foreign = lab.chain[2]
    receipt["events"][2] = lab.opened(foreign, *(name for name in foreign.openings if name != "chain")) | {
        "promise": None
    }
    verdict = of_lab(lab, receipt)
    assert verdict.exit_code == 0, verdict.lines
    assert lab.statement()["count"] == 3
    assert "0ther" not in said(verdict)


# -- the close


def test_a_visit_without_a_signed_close_is_unacknowledged(visit: Story) -> None:
    verdict = judged(visit.receipt | {"close": None}, visit)
    assert verdict.exit_code == 4
    assert "unacknowledged: 2 views (entries 2, 3): the visit was closed without a passkey" in said(verdict)


def test_a_view_after_the_signed_close_is_unacknowledged() -> None:
    lab = opened_lab()
    lab.view(RELEASE, "core/main.c", 1, 1)
    statement = lab.statement()
    lab.view(RELEASE, "core/buffer.c", 1, 1)
    verdict = of_lab(lab, lab.receipt(lab.close(statement), [RELEASE]))
    assert verdict.exit_code == 4
    assert "unacknowledged: 1 view (entries 3): they lie outside what the visitor signed" in said(verdict)


def test_a_passkey_that_the_trust_file_does_not_name_acknowledges_nothing(visit: Story) -> None:
    trust = b"\n".join(line for line in visit.trust.split(b"\n") if not line.startswith(b"passkey"))
    verdict = judged(visit.receipt, visit, trust)
    assert verdict.exit_code == 4
    assert "is not in your trust file" in said(verdict, v.Standing.NOT_PROVED)


def test_a_passkey_for_another_site_than_the_trust_file_says_is_broken(visit: Story) -> None:
    assert judged(visit.receipt, visit, visit.trust.replace(b" lab.example\n", b" lab.example.org\n")).exit_code == 1


@pytest.mark.parametrize("change", [{"count": 2}, {"first": 2}, {"last": 2}, {"head": "0" * 64}, {"visit": "0"}])
def test_a_close_that_says_otherwise_than_the_entries_is_broken(visit: Story, change: dict[str, Any]) -> None:
    close = visit.lab.close(visit.statement | change)
    assert judged(visit.receipt | {"close": close}, visit).exit_code == 1


def test_a_close_for_more_than_the_receipt_holds_is_a_gap(visit: Story) -> None:
    close = visit.lab.close(visit.statement | {"last": 10**15, "count": 10**15})
    assert judged(visit.receipt | {"close": close}, visit).exit_code == 4


@pytest.mark.parametrize(
    "told",
    [
        {"type": "webauthn.create"},
        {"challenge": "AAAA"},
        {"origin": "https://lab.example.evil"},
        {"origin": "https://evillab.example"},
        {"origin": "http://lab.example"},
        {"origin": "https://lab.example/path"},
        {"origin": None},
        {"crossOrigin": True},
        {"flags": 0x01},
        {"flags": 0x04},
        {"flags": 0x45},
        {"flags": 0x85},
        {"rp": "other.example", "origin": "https://lab.example"},
    ],
)
def test_an_assertion_that_webauthn_refuses_is_broken(visit: Story, told: dict[str, Any]) -> None:
    assert judged(visit.receipt | {"close": visit.lab.close(visit.statement, **told)}, visit).exit_code == 1


def test_a_subdomain_and_a_port_of_the_enrolled_site_are_accepted(visit: Story) -> None:
    close = visit.lab.close(visit.statement, origin="https://reading.lab.example:8443")
    verdict = judged(visit.receipt | {"close": close}, visit)
    assert verdict.exit_code == 0
    assert "signed at https://reading.lab.example:8443" in said(verdict)


def test_a_close_by_a_key_that_was_never_enrolled_is_broken(visit: Story) -> None:
    stranger = Lab(Authenticator.eddsa())
    assert judged(visit.receipt | {"close": stranger.close(visit.statement)}, visit).exit_code == 1


def test_the_enrolment_of_another_person_is_broken() -> None:
    lab = Lab()
    lab.enrol(person="0ther000000000000000000000")
    lab.record("readingroom.visit-opened", VISIT)
    assert of_lab(lab, lab.receipt(None)).exit_code == 1


def test_a_receipt_that_names_nobody_is_told(visit: Story) -> None:
    receipt = copy.deepcopy(visit.receipt)
    receipt["events"] = [visit.lab.opened(one, "actor") for one in visit.lab.chain]
    receipt |= {"person": "", "enrolments": [], "close": None}
    assert "no entry here names a person" in said(judged(receipt, visit), v.Standing.NOT_PROVED)
    assert judged(receipt | {"person": "0pers0n0000000000000000000"}, visit).exit_code == 1


# -- promises


def test_a_promise_of_another_entry_is_broken(visit: Story) -> None:
    receipt = copy.deepcopy(visit.receipt)
    receipt["events"][1]["promise"] = receipt["events"][2]["promise"]
    verdict = judged(receipt, visit)
    assert verdict.exit_code == 1
    assert "the promise of entry 2 is false" in said(verdict)


def test_a_promise_by_a_key_that_is_not_delegated_is_broken(visit: Story) -> None:
    verdict = judged(visit.receipt | {"delegations": []}, visit)
    assert verdict.exit_code == 1
    assert "not delegated at that time" in said(verdict)


def test_a_promise_after_its_keys_time_is_broken() -> None:
    lab = Lab()
    lab.delegate(lasts=timedelta(seconds=3))
    lab.enrol()
    lab.record("readingroom.visit-opened", VISIT)
    lab.view(RELEASE, "core/main.c", 1, 1)
    assert lab.at > START + timedelta(seconds=3)
    assert "not delegated at that time" in said(of_lab(lab, lab.receipt(None, [RELEASE])))


def test_a_view_without_a_promise_is_told(visit: Story) -> None:
    receipt = copy.deepcopy(visit.receipt)
    receipt["events"][1]["promise"] = None
    verdict = judged(receipt, visit)
    assert verdict.exit_code == 0
    assert "that the lab promised 1 view when it answered" in said(verdict, v.Standing.NOT_PROVED)


# -- releases and manifests


def test_a_file_of_another_release_does_not_pass_for_this_one(visit: Story) -> None:
    other = Release("2.0.21", {"core/main.c": b"int main(void) { return 1; }\n"})
    receipt = visit.receipt | {"manifest_proofs": [other.prove("core/main.c")]}
    assert judged(receipt, visit).exit_code == 1


def test_a_view_of_a_file_that_the_manifest_does_not_hold_is_broken() -> None:
    lab = opened_lab()
    false = Release("2.0.20", dict(RELEASE.files))
    false.files["core/main.c"] = b"backdoor();\n"
    lab.view(false, "core/main.c", 1, 1)
    proof = RELEASE.prove("core/main.c")
    proof["leaf"]["entry"] = proof["leaf"]["entry"] | {"digest": sha(b"backdoor();\n").hex()}
    receipt = lab.receipt(None) | {"releases": [RELEASE.named()], "manifest_proofs": [proof]}
    verdict = of_lab(lab, receipt)
    assert verdict.exit_code == 1
    assert "the file is not in the manifest" in said(verdict)


def test_a_manifest_proof_that_no_view_asks_for_is_broken(visit: Story) -> None:
    receipt = visit.receipt | {"manifest_proofs": [RELEASE.prove("README")]}
    assert judged(receipt, visit).exit_code == 1


def test_views_of_two_releases_are_told_apart() -> None:
    lab = opened_lab()
    other = Release("2.0.21", {"core/main.c": b"int main(void) { return 1; }\n", "x": b""})
    lab.view(RELEASE, "lib/\u00e9t\u00e9.c", 1, 1)
    lab.view(other, "core/main.c", 1, 1)
    verdict = of_lab(lab, lab.receipt(lab.close(lab.statement()), [RELEASE, other]))
    assert verdict.exit_code == 0, verdict.lines
    assert "1 view names release 2.0.20" in said(verdict)
    assert "1 view names release 2.0.21" in said(verdict)


def test_showings_of_other_kinds_are_counted_and_must_be_acknowledged() -> None:
    lab = opened_lab()
    lab.view(RELEASE, "core/main.c", 1, 1)
    shown = {"charged": 0, "items": 5, "listing": "0" * 64}
    lab.promise(lab.record("readingroom.folder-shown", VISIT, release=RELEASE.named(), shown=shown))
    signed = lab.receipt(lab.close(lab.statement()), [RELEASE])
    verdict = of_lab(lab, signed)
    assert verdict.exit_code == 0
    assert "1 other showing left the lab: 1 readingroom.folder-shown" in said(verdict, v.Standing.PROVED)
    assert verdict.facts["others"] == [{"number": 3, "kind": "readingroom.folder-shown", "shown": shown}]
    assert "2 views (entries 2, 3)" in said(of_lab(lab, signed | {"close": None}))
    signed["events"][2] = lab.opened(lab.chain[2], "shown")
    assert "entry 3 is a showing, and what it showed is kept closed" in said(of_lab(lab, signed), v.Standing.GAP)


@pytest.mark.parametrize("name", ["path", "digest"])
@pytest.mark.parametrize("value", [[], {}, None, 1])
def test_a_manifest_entry_with_values_of_another_kind_is_broken(visit: Story, name: str, value: object) -> None:
    receipt = copy.deepcopy(visit.receipt)
    receipt["manifest_proofs"][0]["leaf"]["entry"][name] = value
    assert judged(receipt, visit).exit_code == 1


# -- an earlier checkpoint


def request(old: int, proof: list[bytes], checkpoint: bytes) -> bytes:
    return "\n".join([f"old {old}", *map(b64, proof), "", ""]).encode() + checkpoint


def grown(visit: Story, earlier: bytes, growth: bytes | None = None) -> v.Verdict:
    return v.verify_receipt(visit.zip, v.Trust.parse(visit.trust), now=NOW, earlier=earlier, growth=growth)


def test_the_tree_seen_earlier_is_proved_to_be_the_beginning_of_this_one(visit: Story) -> None:
    proof = request(4, visit.lab.tree.consistency(4), visit.checkpoint)
    verdict = grown(visit, visit.lab.checkpoint(4), proof)
    assert verdict.exit_code == 0
    assert "agree (4 and 10 entries)" in said(verdict, v.Standing.PROVED)


def test_a_tree_seen_later_proves_as_much(visit: Story) -> None:
    lab = story().lab
    for number in range(5):
        lab.tree.append(sha(b"later %d" % number))
    proof = request(10, lab.tree.consistency(10), lab.checkpoint())
    assert grown(visit, lab.checkpoint(), proof).exit_code == 0


def test_two_trees_of_one_size_show_a_fork(visit: Story) -> None:
    other = story(padding_entries=2).lab
    other.tree.append(sha(b"one more"))
    verdict = grown(visit, other.checkpoint())
    assert verdict.exit_code == 1
    assert "the log has forked" in said(verdict)


def test_a_fork_behind_a_proof_is_broken(visit: Story) -> None:
    other = story(padding_entries=2).lab
    proof = request(4, visit.lab.tree.consistency(4), visit.checkpoint)
    assert grown(visit, other.checkpoint(4), proof).exit_code == 1


def test_an_earlier_checkpoint_without_its_proof_is_not_counted(visit: Story) -> None:
    verdict = grown(visit, visit.lab.checkpoint(4))
    assert verdict.exit_code == 4
    assert "give their consistency proof" in said(verdict)


def test_an_earlier_checkpoint_of_a_stranger_is_a_wrong_use(visit: Story) -> None:
    text = "lab.example/two\n1\n" + "A" * 43 + "=\n"
    with pytest.raises(v.TrustError):
        grown(visit, note(text, visit.lab.log.line(text)))
    unsigned = visit.lab.checkpoint(4).split(b"\n\n")[0].decode() + "\n"
    with pytest.raises(v.TrustError):
        grown(visit, note(unsigned, visit.lab.witnesses[0].line(unsigned, 1)))
