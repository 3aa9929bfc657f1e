# SPDX-License-Identifier: Apache-2.0
"""No plain text of a vendor's source at rest: look into every file, and into every compressed frame inside it."""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from glasshouse.engines.store import packs
from glasshouse.engines.store.unpack import LeftOut, Reason
from tests.engines.store.lab import Files, Lab, members

SECRETS = [
    b"glasshouse_canary_function",
    b"CANARY_REGISTER_BASE",
    b"canary_folder",
    b"canary_left_out",
    b"canary_target",
]
FILES: Files = {
    b"canary_folder/main.c": b"int glasshouse_canary_function(void)\n{\n\treturn CANARY_REGISTER_BASE;\n}\n" * 20,
    b"canary_folder/large.h": b"#define CANARY_REGISTER_BASE 0x1000 /* glasshouse_canary_function */\n" * 9000,
    b"canary_folder/link": (0o120000, b"../canary_target"),
}
_ZSTD = re.compile(rb"\x28\xb5\x2f\xfd")
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")


def layers(content: bytes) -> Iterator[bytes]:
    """Yield the content itself, and what every zstd and zlib frame found anywhere in it unfolds to."""
    yield content
    for match in _ZSTD.finditer(content):
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            yield frame.decompress(content[match.start() :])
        except zstandard.ZstdError:
            continue
    for match in _ZLIB.finditer(content):
        try:
            yield zlib.decompressobj().decompress(content[match.start() :])
        except zlib.error:
            continue


def found_in(folder: Path) -> set[bytes]:
    found: set[bytes] = set()
    for path in folder.rglob("*"):
        found |= {secret for secret in SECRETS if secret in str(path).encode()}
        if path.is_file():
            for plain in layers(path.read_bytes()):
                found |= {one for one in SECRETS if one in plain or one.hex().encode() in plain}
    return found


def fill(lab: Lab) -> None:
    out = [LeftOut(b"canary_left_out", Reason.DEVICE)]
    lab.take(FILES, out)
    lab.take({**FILES, b"canary_folder/more.c": b"void glasshouse_canary_function(void);\n"}, out)


def test_no_name_and_no_line_of_the_source_rests_in_plain_text(lab: Lab) -> None:
    fill(lab)
    assert any(path.name == "blobs-0000.pack" for path in lab.root.rglob("*"))
    assert found_in(lab.root) == set()


def test_nothing_rests_in_plain_text_while_an_intake_is_under_way(lab: Lab) -> None:
    with lab.product.begin() as intake:
        for one in members(FILES):
            intake.add(one)
        intake._pipeline.drain()
        assert any((lab.folder / "intake").rglob("*.pack"))
        assert found_in(lab.root) == set()


def test_the_search_finds_every_secret_in_a_store_that_does_not_encrypt(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clear:
        """What an encrypting box would look like if it did nothing."""

        def __init__(self, key: bytes) -> None:
            assert len(key) == 32

        def encrypt(self, _nonce: bytes, plain: bytes, _context: bytes) -> bytes:
            return plain

        def decrypt(self, _nonce: bytes, sealed: bytes, _context: bytes) -> bytes:
            return sealed

    monkeypatch.setattr(packs, "AESGCM", Clear)
    fill(lab)
    assert found_in(lab.root) == set(SECRETS)
