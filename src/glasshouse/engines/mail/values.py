# SPDX-License-Identifier: Apache-2.0
"""Values of mail."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from glasshouse.kernel.errors import InvalidError

_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,190}\Z)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_LOCAL_BYTES: Final = 64
_LOCAL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+")
_HOST: Final = re.compile(r"[A-Za-z0-9:][A-Za-z0-9.:-]{0,252}")


class Security(StrEnum):
    """How the way to the server is kept: encrypted from the first byte, after a greeting, or not at all."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


def check_address(text: str) -> str:
    """Return a bare address of ASCII; raise for anything else, white space and line ends first of all."""
    if not _ADDRESS.fullmatch(text):
        raise _no_address(text)
    return text


def _no_address(text: str) -> InvalidError:
    return InvalidError(f"not an address of mail, such as lab@vendor.example: {text[:80]!r}")


def on_the_wire(address: str) -> str:
    """Return an address as a server is told it: its domain in ASCII, what stands before it as it is; or raise.

    What is not ASCII afterwards goes to a server that offers SMTPUTF8 alone. Before the @ stand letters, digits and
    marks that show, in their composed form; a domain whose ASCII form would come back as another is refused, for it
    might be somebody else's.
    """
    local, _, domain = address.rpartition("@")
    try:
        plain = domain.encode("idna").decode("ascii")
        comes_back = plain.encode("ascii").decode("idna")
    except UnicodeError as error:
        raise _no_address(address) from error
    if domain not in (comes_back, plain):
        raise InvalidError(f"not a domain of one meaning: {domain[:80]!r}", hint="Write it as xn--…")
    check_address(f"{'a' if _is_local(local) else ' '}@{plain}")
    return f"{local}@{plain}"


def _is_local(local: str) -> bool:
    if not 1 <= len(local.encode("utf-8", "replace")) <= _LOCAL_BYTES or unicodedata.normalize("NFC", local) != local:
        return False
    return all(
        _LOCAL.fullmatch(char) or (not char.isascii() and unicodedata.category(char)[0] in "LMN") for char in local
    )


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where letters are handed in, and in whose name. `authorities` is a PEM file of those who sign its certificate.

    Without it the system's own are trusted. `seconds` bounds each wait for an answer.
    """

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    authorities: Path | None = None
    seconds: float = 20.0

    def __post_init__(self) -> None:
        """Refuse what could not be meant, and a way in the open to another machine."""
        if not _HOST.fullmatch(self.host):
            raise InvalidError(f"not the name or address of a mail server: {self.host[:80]!r}")
        check_address(self.sender)
        if bool(self.user) != bool(self.password):
            raise InvalidError("a user of the mail server and the password go together")
        if self.security is Security.NONE and not _is_here(self.host):
            raise InvalidError(f"mail goes without TLS to this machine alone, not to {self.host}")

    @property
    def domain(self) -> str:
        """Return the sender's domain, which the lab calls itself by: its machine's own name is nobody's matter."""
        return self.sender.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Letter:
    """Plain text to one person. `uid` names it: sent again as it was, it keeps its name."""

    uid: str
    to: str
    subject: str
    text: str
    at: datetime


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
