# SPDX-License-Identifier: Apache-2.0
"""A lab that never was: keys, a tree, events and receipts, written from the formats and from no code of ours."""

import base64
import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

ORIGIN = "lab.example/one"
ENGAGEMENT = "0eng0000000000000000000000"
VISIT = "0v1s1t00000000000000000000"
PERSON = "0pers0n0000000000000000000"
PRODUCT = "0pr0duct000000000000000000"
RP = "lab.example"
START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NOW = START + timedelta(days=1)


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def sha(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()


def clock(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Tree:
    """RFC 6962 by its recursive definition; only whole aligned subtrees are remembered."""

    def __init__(self, entries: Iterable[bytes] = ()) -> None:
        self.leaves = [sha(b"\x00" + entry) for entry in entries]
        self._known: dict[tuple[int, int], bytes] = {}

    def append(self, entry: bytes) -> int:
        self.leaves.append(sha(b"\x00" + entry))
        return len(self.leaves) - 1

    @staticmethod
    def _split(low: int, high: int) -> int:
        return low + (1 << (high - low - 1).bit_length() - 1)

    def root(self, low: int = 0, high: int | None = None) -> bytes:
        high = len(self.leaves) if high is None else high
        if high - low == 0:
            return sha(b"")
        if high - low == 1:
            return self.leaves[low]
        if (low, high) in self._known:
            return self._known[low, high]
        middle = self._split(low, high)
        found = sha(b"\x01" + self.root(low, middle) + self.root(middle, high))
        if (high - low).bit_count() == 1:
            self._known[low, high] = found
        return found

    def inclusion(self, index: int, size: int | None = None, low: int = 0) -> list[bytes]:
        high = len(self.leaves) if size is None else size
        if high - low == 1:
            return []
        middle = self._split(low, high)
        if index < middle:
            return [*self.inclusion(index, middle, low), self.root(middle, high)]
        return [*self.inclusion(index, high, middle), self.root(low, middle)]

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        return self._subproof(old, 0, len(self.leaves) if size is None else size, whole=True)

    def _subproof(self, old: int, low: int, high: int, *, whole: bool) -> list[bytes]:
        if old == high:
            return [] if whole else [self.root(low, high)]
        middle = self._split(low, high)
        if old <= middle:
            return [*self._subproof(old, low, middle, whole=whole), self.root(middle, high)]
        return [*self._subproof(old, middle, high, whole=False), self.root(low, middle)]


def key_id(name: str, kind: int, public: bytes) -> bytes:
    return sha(name.encode() + b"\n" + bytes([kind]) + public)[:4]


@dataclass(frozen=True)
class NoteKey:
    """A key that signs notes: kind 1 as a log, kind 4 as a witness."""

    name: str
    kind: int
    private: Ed25519PrivateKey

    @classmethod
    def new(cls, name: str, kind: int) -> "NoteKey":
        return cls(name, kind, Ed25519PrivateKey.from_private_bytes(sha(f"{name} {kind}".encode())))

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def vkey(self) -> str:
        known = key_id(self.name, self.kind, self.public)
        return f"{self.name}+{known.hex()}+{b64(bytes([self.kind]) + self.public)}"

    def line(self, text: str, at: int = 0) -> str:
        known = key_id(self.name, self.kind, self.public)
        if self.kind == 1:
            raw = self.private.sign(text.encode())
        else:
            message = f"cosignature/v1\ntime {at}\n{text}"
            raw = at.to_bytes(8, "big") + self.private.sign(message.encode())
        return f"\N{EM DASH} {self.name} {b64(known + raw)}\n"


def checkpoint_text(tree: Tree, origin: str = ORIGIN, size: int | None = None) -> str:
    size = len(tree.leaves) if size is None else size
    return f"{origin}\n{size}\n{b64(tree.root(0, size))}\n"


def note(text: str, *lines: str) -> bytes:
    return (text + "\n" + "".join(lines)).encode()


# -- passkeys


def cbor_int(number: int, major: int = 0) -> bytes:
    if number < 0:
        return cbor_int(-1 - number, 1)
    if number < 24:
        return bytes([major << 5 | number])
    for code, width in ((24, 1), (25, 2), (26, 4)):
        if number < 1 << (8 * width):
            return bytes([major << 5 | code]) + number.to_bytes(width, "big")
    raise ValueError(number)


def cbor_map(members: dict[int, int | bytes]) -> bytes:
    out = cbor_int(len(members), 5)
    for name, value in members.items():
        out += cbor_int(name)
        out += cbor_int(value) if isinstance(value, int) else cbor_int(len(value), 2) + value
    return out


@dataclass(frozen=True)
class Authenticator:
    """A passkey, with its COSE key and the way it signs."""

    algorithm: str
    cose: bytes
    sign: Callable[[bytes], bytes]

    @property
    def fingerprint(self) -> str:
        return sha(self.cose).hex()

    @classmethod
    def es256(cls) -> "Authenticator":
        private = ec.derive_private_key(0x5EED, ec.SECP256R1())
        numbers = private.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        cose = cbor_map({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        return cls("ES256", cose, lambda message: private.sign(message, ec.ECDSA(SHA256())))

    @classmethod
    def eddsa(cls) -> "Authenticator":
        private = Ed25519PrivateKey.from_private_bytes(sha(b"authenticator"))
        cose = cbor_map({1: 1, 3: -8, -1: 6, -2: private.public_key().public_bytes_raw()})
        return cls("EdDSA", cose, private.sign)

    @classmethod
    def rs256(cls, bits: int = 2048) -> "Authenticator":
        private = rsa.generate_private_key(65537, bits)
        modulus = private.public_key().public_numbers().n.to_bytes(bits // 8, "big")
        cose = cbor_map({1: 3, 3: -257, -1: modulus, -2: (65537).to_bytes(3, "big")})
        return cls("RS256", cose, lambda message: private.sign(message, padding.PKCS1v15(), SHA256()))

    def assertion(
        self, challenge: bytes, /, *, flags: int = 0x05, rp: str = RP, counter: int = 7, **told: object
    ) -> dict[str, str]:
        """Answer a challenge as an authenticator and its browser would; `told` overrides the client data."""
        client = {
            "type": "webauthn.get",
            "challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "origin": f"https://{rp}",
            "crossOrigin": False,
        } | told
        client_data = json.dumps(client).encode()
        data = sha(rp.encode()) + bytes([flags]) + counter.to_bytes(4, "big")
        return {
            "authenticator_data": b64(data),
            "client_data": b64(client_data),
            "signature": b64(self.sign(data + sha(client_data))),
            "credential": self.fingerprint,
        }


# -- events


@dataclass
class Record:
    """One event: what was committed, and where it stands."""

    index: int
    number: int | None
    at: datetime
    commitment: bytes
    fields: list[bytes]
    boxes: bytes
    openings: dict[str, dict[str, Any]]
    promise: dict[str, str] | None = None


_CLASSES = {"actor": "personal"}


@dataclass
class Lab:
    """One log, one engagement, one visitor."""

    authenticator: Authenticator = field(default_factory=Authenticator.es256)
    log: NoteKey = field(default_factory=lambda: NoteKey.new(ORIGIN, 1))
    witnesses: list[NoteKey] = field(default_factory=lambda: [NoteKey.new(f"w{n}.example", 4) for n in (1, 2, 3)])
    web: Ed25519PrivateKey = field(default_factory=lambda: Ed25519PrivateKey.from_private_bytes(sha(b"web")))
    tree: Tree = field(default_factory=Tree)
    records: list[Record] = field(default_factory=list)
    chain: list[Record] = field(default_factory=list)
    delegations: list[Record] = field(default_factory=list)
    enrolments: list[Record] = field(default_factory=list)
    at: datetime = START

    def record(self, kind: str, subject: str, *, chained: bool = True, **fields: Any) -> Record:
        self.at += timedelta(seconds=1)
        uid = f"{len(self.records):026d}"
        values = {
            "head": {"at": clock(self.at), "kind": kind, "subject": subject, "uid": uid},
            "actor": PERSON,
            **fields,
        }
        number = None
        if chained:
            number = len(self.chain) + 1
            previous = self.chain[-1].commitment.hex() if self.chain else "0" * 64
            values["chain"] = {"engagement": ENGAGEMENT, "number": number, "previous": previous}
        record = self._commit(uid, values, number)
        (self.chain if chained else self.records).append(record)
        if chained:
            self.records.append(record)
        return record

    def _commit(self, uid: str, values: dict[str, Any], number: int | None) -> Record:
        seeds = {name: sha(f"seed {uid} {name}".encode()) for name in ("shared", "personal")}
        commitments, openings = [], {}
        for index, name in enumerate(sorted(values)):
            seed = seeds[_CLASSES.get(name, "shared")]
            salt = hmac.new(seed, b"glasshouse/salt/v1\n" + name.encode(), "sha256").digest()
            text = rfc8785.dumps(values[name])
            commitments.append(
                sha(b"glasshouse/field/v1\n" + salt + len(name).to_bytes(2, "big") + name.encode() + text)
            )
            openings[name] = {"index": index, "name": name, "salt": salt.hex(), "value": values[name]}
        boxes = sha(b"sealed boxes of " + uid.encode())
        commitment = sha(b"glasshouse/event/v1\n" + len(commitments).to_bytes(2, "big") + b"".join(commitments) + boxes)
        return Record(self.tree.append(commitment), number, self.at, commitment, commitments, boxes, openings)

    def promise(self, record: Record) -> None:
        text = f"glasshouse/promise/v1\n{ORIGIN}\n{ENGAGEMENT}\n{record.number}\n{b64(record.commitment)}\n"
        public = self.web.public_key().public_bytes_raw()
        record.promise = {"signature": b64(self.web.sign(text.encode())), "key": b64(public)}

    # -- what a lab does

    def delegate(self, *, lasts: timedelta = timedelta(days=2)) -> Record:
        key = {
            "algorithm": "ed25519",
            "public": b64(self.web.public_key().public_bytes_raw()),
            "from": clock(START),
            "until": clock(START + lasts),
        }
        self.delegations.append(self.record("ledger.web-key-delegated", "", chained=False, key=key))
        return self.delegations[-1]

    def enrol(self, authenticator: Authenticator | None = None, *, person: str = PERSON, rp: str = RP) -> Record:
        one = authenticator or self.authenticator
        passkey = {"algorithm": one.algorithm, "cose": b64(one.cose), "fingerprint": one.fingerprint, "rp": rp}
        self.enrolments.append(self.record("people.passkey-enrolled", person, chained=False, passkey=passkey))
        return self.enrolments[-1]

    def view(self, release: "Release", path: str, first: int, last: int, visit: str = VISIT) -> Record:
        lines = release.files[path].split(b"\n")[first - 1 : last]
        record = self.record(
            "readingroom.lines-shown",
            visit,
            release=release.named(),
            file={"path": path, "digest": sha(release.files[path]).hex()},
            shown={
                "first": first,
                "last": last,
                "charged": last - first + 1,
                "lines": sha(b"".join(line + b"\n" for line in lines)).hex(),
            },
        )
        self.promise(record)
        return record

    def mine(self, visit: str = VISIT) -> list[Record]:
        return [one for one in self.chain if one.openings["head"]["value"]["subject"] == visit]

    def statement(self, visit: str = VISIT) -> dict[str, Any]:
        inside = self.mine(visit)
        return {
            "count": len(inside),
            "engagement": ENGAGEMENT,
            "first": inside[0].number,
            "head": inside[-1].commitment.hex(),
            "last": inside[-1].number,
            "origin": ORIGIN,
            "visit": visit,
        }

    def close(self, statement: dict[str, Any], **assertion: Any) -> dict[str, Any]:
        challenge = sha(b"glasshouse/visit-close/v1\n" + rfc8785.dumps(statement))
        return {"statement": statement, **self.authenticator.assertion(challenge, **assertion)}

    # -- what a lab hands out

    def checkpoint(self, size: int | None = None, *, at: int | None = None, cosigners: int = 3) -> bytes:
        text = checkpoint_text(self.tree, size=size)
        stamp = int(self.at.timestamp()) + 60 if at is None else at
        lines = [witness.line(text, stamp) for witness in self.witnesses[:cosigners]]
        return note(text, self.log.line(text), *lines)

    def opened(self, record: Record, *closed: str) -> dict[str, Any]:
        return {
            "number": record.number,
            "index": record.index,
            "commitment": record.commitment.hex(),
            "fields": [one.hex() for one in record.fields],
            "boxes": record.boxes.hex(),
            "openings": [one for name, one in record.openings.items() if name not in closed],
            "promise": record.promise,
            "proof": [b64(one) for one in self.tree.inclusion(record.index)],
        }

    def receipt(self, close: dict[str, Any] | None, releases: "Iterable[Release]" = ()) -> dict[str, Any]:
        shown = {one.openings["release"]["value"]["root"] for one in self.mine() if "release" in one.openings}
        used = sorted((one for one in releases if one.root.hex() in shown), key=lambda one: rfc8785.dumps(one.named()))
        views = [one.openings["file"]["value"] for one in self.mine() if "file" in one.openings]
        proofs = [
            one.prove(path)
            for one in used
            for path in one.files
            if {"path": path, "digest": sha(one.files[path]).hex()} in views
        ]
        return {
            "format": "glasshouse/receipt/v1",
            "origin": ORIGIN,
            "engagement": ENGAGEMENT,
            "visit": VISIT,
            "person": PERSON,
            "events": [self.opened(one) for one in self.chain],
            "delegations": [self.opened(one, "actor") for one in self.delegations],
            "enrolments": [self.opened(one, "actor") for one in self.enrolments],
            "close": close,
            "releases": [one.named() for one in used],
            "manifest_proofs": sorted(proofs, key=lambda one: (one["root"], one["index"])),
        }

    def trust(self, quorum: str = "2") -> bytes:
        lines = [f"log {self.log.vkey}", *(f"witness {one.name} {one.vkey}" for one in self.witnesses)]
        lines += [f"quorum {quorum}", f"passkey {self.authenticator.fingerprint} {RP}"]
        return "\n".join(["# keys of one lab", *lines, ""]).encode()


class Release:
    """A sealed manifest over a few files."""

    def __init__(self, version: str, files: dict[str, bytes]) -> None:
        self.version, self.files = version, files
        self.entries = {path: self._entry(path) for path in sorted(files)}
        summary: dict[str, Any] = {
            "bytes": sum(map(len, files.values())),
            "files": len(files),
            "left_out": [],
            "lines": 0,
        }
        self.tree = Tree(self._leaf(path) for path in self.entries)
        self.tree.append(b"glasshouse/manifest-summary/v1\n" + sha(b"summary") + rfc8785.dumps(summary))

    def _entry(self, path: str) -> dict[str, Any]:
        content = self.files[path]
        git = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        return {
            "chunks": [],
            "digest": sha(content).hex(),
            "git": git,
            "lines": content.count(b"\n"),
            "mode": "100644",
            "path": path,
            "size": len(content),
        }

    def _salt(self, path: str) -> bytes:
        return sha(b"manifest salt " + rfc8785.dumps(self.entries[path] if hasattr(self, "entries") else {}))

    def _leaf(self, path: str) -> bytes:
        return b"glasshouse/manifest-leaf/v1\n" + self._salt(path) + rfc8785.dumps(self.entries[path])

    @property
    def root(self) -> bytes:
        return self.tree.root()

    def named(self) -> dict[str, Any]:
        size = len(self.tree.leaves)
        return {"product": PRODUCT, "root": self.root.hex(), "size": size, "version": self.version}

    def prove(self, path: str) -> dict[str, Any]:
        index = list(self.entries).index(path)
        return {
            "root": self.root.hex(),
            "index": index,
            "leaf": {"salt": self._salt(path).hex(), "entry": self.entries[path]},
            "proof": [b64(one) for one in self.tree.inclusion(index)],
        }


def zipped(
    receipt: dict[str, Any] | bytes, checkpoint: bytes, readme: bytes = b"How to verify this receipt.\n"
) -> bytes:
    """Write the container with Python's own zip library, which the verifier does not use."""
    body = receipt if isinstance(receipt, bytes) else rfc8785.dumps(receipt)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in (("README.txt", readme), ("checkpoint", checkpoint), ("receipt.json", body)):
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.create_system, member.external_attr = 3, 0o100644 << 16
            archive.writestr(member, content)
    return out.getvalue()


RELEASE = Release(
    "2.0.20",
    {
        "core/buffer.c": b"int a;\nint b;\nint c;\n",
        "core/main.c": b"int main(void)\n{\n\treturn 0;\n}\n",
        "README": b"A server.\n",
        "lib/\u00e9t\u00e9.c": b"/* summer */\n",
        "plugins/http.c": b"static int n;\n" * 40,
    },
)


@dataclass
class Story:
    """A whole visit: opened, two views, closed by the passkey, with the receipt for it."""

    lab: Lab
    statement: dict[str, Any]
    receipt: dict[str, Any]
    checkpoint: bytes
    trust: bytes

    @property
    def zip(self) -> bytes:
        return zipped(self.receipt, self.checkpoint)


def short_story() -> Story:
    """Tell the least that has every part: one view, one witness, one proof of each kind."""
    lab = Lab(Authenticator.eddsa(), witnesses=[NoteKey.new("w1.example", 4)])
    lab.delegate()
    lab.enrol()
    lab.record("readingroom.visit-opened", VISIT)
    lab.view(RELEASE, "core/main.c", 1, 4)
    statement = lab.statement()
    receipt = lab.receipt(lab.close(statement), [RELEASE])
    return Story(lab, statement, receipt, lab.checkpoint(cosigners=1), lab.trust("1"))


def story(authenticator: Authenticator | None = None, *, padding_entries: int = 3, **assertion: Any) -> Story:
    lab = Lab(authenticator or Authenticator.es256())
    for number in range(padding_entries):
        lab.tree.append(sha(b"an entry of somebody else %d" % number))
    lab.delegate()
    lab.enrol()
    lab.record("readingroom.visit-opened", VISIT)
    lab.view(RELEASE, "core/main.c", 1, 4)
    lab.view(RELEASE, "core/buffer.c", 2, 3)
    statement = lab.statement()
    lab.record("readingroom.visit-closed", VISIT)
    lab.tree.append(sha(b"a later entry of somebody else"))
    close = lab.close(statement, **assertion)
    return Story(lab, statement, lab.receipt(close, [RELEASE]), lab.checkpoint(), lab.trust())
