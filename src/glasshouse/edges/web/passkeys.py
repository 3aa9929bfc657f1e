# SPDX-License-Identifier: Apache-2.0
"""Passkeys as this edge needs them: what may be enrolled, and the public half that the ledger keeps."""

from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from fido2 import cbor
from fido2.webauthn import AttestedCredentialData

from glasshouse.domain.people.commands import NewPasskey

ALGORITHMS: Final = {-7: "ES256", -8: "EdDSA", -257: "RS256"}
"""What the offline verifier can check; a passkey of another kind could sign in but never close a visit."""


def credential_of(authenticator: Authenticator) -> AttestedCredentialData:
    """Return the credential that a stored passkey holds."""
    data: AttestedCredentialData = authenticator.wrap().authenticator_data.credential_data
    return data


def public_half(authenticator: Authenticator, request: HttpRequest) -> NewPasskey:
    """Return what of a passkey may be published."""
    credential = credential_of(authenticator)
    return NewPasskey(
        credential=bytes(credential.credential_id),
        cose=cbor.encode(dict(credential.public_key)),
        algorithm=ALGORITHMS[credential.public_key[3]],
        rp=relying_party(request),
    )


def relying_party(request: HttpRequest) -> str:
    """Return the domain that passkeys of this lab are bound to."""
    return request.get_host().partition(":")[0]


def narrowed(options: dict[str, Any]) -> dict[str, Any]:
    """Ask the authenticator for an algorithm that the offline verifier knows."""
    public_key = dict(options["publicKey"])
    offered = public_key["pubKeyCredParams"]
    public_key["pubKeyCredParams"] = [kind for kind in offered if kind["alg"] in ALGORITHMS]
    return {**options, "publicKey": public_key}
