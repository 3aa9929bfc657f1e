# SPDX-License-Identifier: Apache-2.0
"""Who may talk to a cluster: an authority of its own, and a credential for each role.

The local cluster's authority signs three credentials and is forgotten; they lie in anonymous memory that only the
processes which inherit it can open, so that nothing has to be removed, however those end. A remote cluster's lie in
files that `write` makes and the operator carries to the hosts.
"""

import fcntl
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from glasshouse.engines.fanout.errors import InvalidCredentialError
from glasshouse.kernel import clock

AUTHORITY: Final = "authority"
YEAR: Final = timedelta(days=365)
_SKEW: Final = timedelta(minutes=5)  # clocks of several hosts


class Role(StrEnum):
    """Who shows a credential."""

    LAB = "lab"
    SCHEDULER = "scheduler"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Credential:
    """What one party shows and whom it believes, as names of PEM files; `own` holds its key and certificate."""

    authority: str
    own: str

    @classmethod
    def of(cls, folder: Path, role: Role) -> Self:
        """Name the two files of a role in a folder that `write` made."""
        found = cls(str(folder / f"{AUTHORITY}.pem"), str(folder / f"{role}.pem"))
        for path in (found.authority, found.own):
            if not os.access(path, os.R_OK):
                raise InvalidCredentialError(f"A file of the credential cannot be read: {path}")
        return found

    def serving(self) -> ssl.SSLContext:
        """Return how to listen: TLS 1.3, and only to who has a credential of this authority."""
        return self._context(ssl.PROTOCOL_TLS_SERVER)

    def asking(self) -> ssl.SSLContext:
        """Return how to connect. Hosts have no names here: the authority signs for this cluster and nothing else."""
        return self._context(ssl.PROTOCOL_TLS_CLIENT)

    def _context(self, protocol: int) -> ssl.SSLContext:
        context = ssl.SSLContext(protocol)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.authority)
        context.load_cert_chain(self.own)
        return context


def role_of(connection: ssl.SSLSocket) -> str:
    """Say which role the other end's credential names."""
    shown = connection.getpeercert(binary_form=True)
    if shown is None:
        return ""
    names = x509.load_der_x509_certificate(shown).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def issue(*, lifetime: timedelta = YEAR) -> dict[str, bytes]:
    """Make an authority, sign a credential for each role, forget the authority's key; return PEM by name."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(AUTHORITY)
    constraint = x509.BasicConstraints(ca=True, path_length=0)
    authority = (
        _certificate(name, name, key, lifetime)
        .add_extension(constraint, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = {AUTHORITY: authority.public_bytes(serialization.Encoding.PEM)}
    for role in Role:
        own = ec.generate_private_key(ec.SECP256R1())
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        certificate = (
            _certificate(_name(role), name, own, lifetime)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(identifier, critical=False)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .sign(key, hashes.SHA256())
        )
        secret = own.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        made[role] = secret + certificate.public_bytes(serialization.Encoding.PEM)
    return made


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, lifetime: timedelta
) -> x509.CertificateBuilder:
    now = clock.now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + lifetime)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def write(folder: Path, *, lifetime: timedelta = YEAR) -> None:
    """Make a remote cluster's credentials in a new folder that only its owner may enter."""
    folder.mkdir(mode=0o700)
    for name, content in issue(lifetime=lifetime).items():
        with open(folder / f"{name}.pem", "xb", opener=_owner_only) as file:
            file.write(content)


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class InMemory:
    """The credentials of one local cluster, in memory without a name; a process that inherits them can use them."""

    def __init__(self) -> None:
        """Issue them."""
        self._files: Mapping[str, int] = {name: _sealed(name, content) for name, content in issue().items()}

    @property
    def inherited(self) -> tuple[int, ...]:
        """The descriptors that a process must inherit under the same numbers."""
        return tuple(self._files.values())

    def of(self, role: Role) -> Credential:
        """Name a role's credential, for this process and for those that inherit it."""
        return Credential(f"/proc/self/fd/{self._files[AUTHORITY]}", f"/proc/self/fd/{self._files[role]}")

    def close(self) -> None:
        """Let go of them."""
        for descriptor in self._files.values():
            os.close(descriptor)
        self._files = {}


def _sealed(name: str, content: bytes) -> int:
    descriptor = os.memfd_create(f"glasshouse-{name}", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(descriptor, content)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
    return descriptor
