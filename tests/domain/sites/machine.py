# SPDX-License-Identifier: Apache-2.0
"""A workstation's machine: a real key and a real chain, kept as the kiosk's browser keeps them."""

import copy
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from glasshouse.domain.people.viewer import Origin, Viewer
from glasshouse.domain.sites import commands, machines
from glasshouse.domain.sites.values import NewKey, Word
from glasshouse.kernel.ids import Uid
from tests.domain.sites.place import INSIDE
from tests.lab import NOW


def at(viewer: Viewer, *, session: str = "a" * 64, address: str = INSIDE, certificate: str = "") -> Viewer:
    """Return somebody who asks from a browser at this address."""
    return replace(viewer, origin=Origin(session, address, certificate))


@dataclass(slots=True)
class Machine:
    """What lies in the browser's profile of one machine."""

    workstation: Uid
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    link: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    @property
    def spki(self) -> bytes:
        """The public half."""
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def copied(self) -> Self:
        """Copy the profile to another machine."""
        return copy.copy(self)

    def sign(self, message: bytes) -> bytes:
        """Sign as Web Cryptography does."""
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def offered(self, challenge: str, *, workstation: Uid | None = None) -> NewKey:
        """Return what is enrolled."""
        here = workstation or self.workstation
        said = machines.enrolment(settings.GLASSHOUSE.url, here, challenge, self.spki, self.link)
        return NewKey(challenge, self.spki, self.link, self.sign(said))

    def enrol(self, custodian: Viewer, *, now: datetime = NOW) -> None:
        """Let a custodian enrol this machine, sitting at it."""
        challenge = commands.challenge(custodian, now=now)
        commands.enrol_key(custodian, self.workstation, self.offered(challenge), now=now)

    def word(self, challenge: str, *, following: bytes | None = None) -> Word:
        """Return this machine's word, its chain not moved."""
        then = following or secrets.token_bytes(32)
        said = machines.assertion(settings.GLASSHOUSE.url, self.workstation, challenge, self.link, then)
        return Word(self.workstation, challenge, self.link, then, self.sign(said))

    def speak(self, viewer: Viewer, *, now: datetime = NOW) -> commands.Asserted:
        """Speak for somebody's session, and move on once the lab has answered."""
        word = self.word(commands.challenge(viewer, now=now))
        asserted = commands.assert_workstation(viewer, word, now=now)
        self.link = word.next
        return asserted
