# SPDX-License-Identifier: Apache-2.0
import glasshouse_verify as v
import pytest

from tests.verifier.synthetic import NOW, Authenticator, Story, story


def check(visit: Story, *, trust: bytes | None = b"") -> v.Verdict:
    known = None if trust is None else v.Trust.parse(trust or visit.trust)
    return v.verify_receipt(visit.zip, known, now=NOW)


def texts(verdict: v.Verdict, standing: v.Standing) -> str:
    return "\n".join(line.text for line in verdict.lines if line.standing is standing)


@pytest.mark.parametrize("make", [Authenticator.es256, Authenticator.eddsa, Authenticator.rs256])
def test_a_whole_visit_is_proved(make: type) -> None:
    verdict = check(story(make()))
    assert verdict.outcome is v.Outcome.PROVED, verdict.lines
    print("\n".join(f"{line.standing:<11} {line.text}" for line in verdict.lines))
