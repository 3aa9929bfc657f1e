# SPDX-License-Identifier: Apache-2.0
"""Container images as archives: an OCI layout or a docker archive, read as hostile and never run here.

Nothing is unpacked to a disk. Every blob is held against the digest that names it, each layer is gone through member by
member as an archive from nowhere, and what an image says of itself is taken as words.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from glasshouse.domain.admissions.errors import UnfitError
from glasshouse.domain.admissions.values import MIB, Image
from glasshouse.engines.store.unpack import Kind, LeftOut, Limits, UnpackError, open_source
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError

_SAID: Final = MIB
"""The longest index, manifest or configuration that is read."""
_OUTER: Final = Limits(members=2_000, folders=500, left_out=100, total_bytes=2**30, file_bytes=2**30, seconds=120.0)
_LAYER: Final = Limits(members=200_000, folders=100_000, left_out=20_000, total_bytes=2**31, seconds=300.0)
_MOST_LAYERS: Final = 128
_WORD: Final = 200
_WORDS: Final = 20
Json = dict[str, Any]


@dataclass(slots=True)
class _Archive:
    """What one pass over an archive found: the digest of each file, and the short ones themselves."""

    source: int
    digests: dict[str, Digest] = field(default_factory=dict)
    short: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read it whole."""
        for name, pieces in _members(self.source, _OUTER):
            whole, kept = hashlib.sha256(), b""
            for piece in pieces:
                whole.update(piece)
                if len(kept) <= _SAID:
                    kept += piece
            self.digests[name] = Digest(whole.digest())
            if len(kept) <= _SAID:
                self.short[name] = kept

    def said(self, name: str, what: str) -> Any:  # noqa: ANN401 -- JSON from nowhere; each caller looks at its form
        """Return a JSON file."""
        try:
            return json.loads(self.short[name])
        except KeyError as error:
            raise UnfitError(f"The image has no {what}, or one of more than {_SAID:,} bytes.") from error
        except (ValueError, RecursionError) as error:
            raise UnfitError(f"The image's {what} is no JSON.") from error

    def blob(self, described: object, what: str) -> str:
        """Return the name of the blob that a descriptor names, once its content is what its name says."""
        told = described.get("digest") if isinstance(described, dict) else None
        algorithm, _, digits = told.partition(":") if isinstance(told, str) else ("", "", "")
        try:
            digest = Digest.parse(digits)
        except InvalidError as error:
            raise UnfitError(f"The image's {what} is not named by a SHA-256 digest.") from error
        name = f"blobs/sha256/{digest}"
        if algorithm != "sha256" or self.digests.get(name) != digest:
            raise UnfitError(f"The image's {what} is missing, or its content is not what its digest says.")
        return name


def read(source: int) -> Image:
    """Return what an image in an open file is; raises UnfitError for what is none, or is not whole."""
    try:
        archive = _Archive(source)
        return _oci(archive) if "oci-layout" in archive.short else _docker(archive)
    except UnpackError as error:
        raise UnfitError(f"The archive is refused: {error.message}") from error


@contextmanager
def in_memory(content: Iterable[bytes]) -> Iterator[int]:
    """Lend content as an open file that lies in memory and has no name."""
    handle = os.memfd_create("brought", os.MFD_CLOEXEC)
    try:
        for piece in content:
            view = memoryview(piece)
            while view:
                view = view[os.write(handle, view) :]
        yield handle
    finally:
        os.close(handle)


def _oci(archive: _Archive) -> Image:
    index = _object(archive.said("index.json", "index"), "index")
    name = archive.blob(_only(index.get("manifests"), "manifest"), "manifest")
    manifest = _object(archive.said(name, "manifest"), "manifest")
    config = _object(archive.said(archive.blob(manifest.get("config"), "configuration"), "configuration"), "config")
    layers = [archive.blob(one, "layer") for one in _list(manifest.get("layers"), "layers")]
    return _image(archive, "OCI layout", str(archive.digests[name]), config, layers)


def _docker(archive: _Archive) -> Image:
    manifest = _object(_only(archive.said("manifest.json", "manifest"), "manifest"), "manifest")
    name = manifest.get("Config")
    if not isinstance(name, str) or name not in archive.short:
        raise UnfitError("The image has no configuration.")
    layers = _list(manifest.get("Layers"), "layers")
    missing = [one for one in layers if not isinstance(one, str) or one not in archive.digests]
    if missing:
        raise UnfitError("A layer of the image is missing.")
    config = _object(archive.said(name, "configuration"), "configuration")
    return _image(archive, "docker archive", str(archive.digests[name]), config, layers)


def _image(archive: _Archive, form: str, manifest: str, config: Json, layers: list[str]) -> Image:
    if not 1 <= len(layers) <= _MOST_LAYERS:
        raise UnfitError(f"An image has 1 to {_MOST_LAYERS} layers.")
    starts = _object(config.get("config"), "configuration")
    words = (*_words(starts, "Entrypoint"), *_words(starts, "Cmd"))
    if not words:
        raise UnfitError("The image names no entry point.")
    files = size = 0
    for layer in dict.fromkeys(layers):
        counted, summed = _gone_through(archive.source, layer)
        files, size = files + counted, size + summed
    return Image(
        form=form,
        manifest=manifest,
        entry_point=words,
        platform=f"{_word(config.get('os'))}/{_word(config.get('architecture'))}",
        layers=len(layers),
        files=files,
        size=size,
    )


def _gone_through(source: int, layer: str) -> tuple[int, int]:
    """Return how many files a layer has and how many bytes, all of it read; raises UnpackError."""
    found = (piece for name, pieces in _members(source, _OUTER) if name == layer for piece in pieces)
    with in_memory(found) as inner:
        files = size = 0
        for _, pieces in _members(inner, _LAYER):
            files += 1
            size += sum(len(piece) for piece in pieces)
        return files, size


def _members(source: int, limits: Limits) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield the plain files of an archive; links are data, devices and odd names do not come in."""
    left: list[LeftOut] = []
    with open_source(Path(f"/proc/self/fd/{source}"), left_out=left.append, limits=limits) as members:
        for member in members:
            if member.kind is Kind.FILE:
                yield member.path.raw.decode("utf-8", "backslashreplace"), member.chunks


def _object(value: object, what: str) -> Json:
    if not isinstance(value, dict):
        raise UnfitError(f"The image's {what} is no object.")
    return value


def _list(value: object, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise UnfitError(f"The image has no list of {what}.")
    return value


def _only(value: object, what: str) -> object:
    found = _list(value, f"{what}s")
    if len(found) != 1:
        raise UnfitError(f"An archive brings one image; this has {len(found):,}.")
    return found[0]


def _words(starts: Mapping[str, object], name: str) -> tuple[str, ...]:
    told = starts.get(name)
    return tuple(_word(one) for one in told[:_WORDS]) if isinstance(told, list) else ()


def _word(value: object) -> str:
    """Return a word that an image says, short and without what hides."""
    text = value if isinstance(value, str) else "?"
    return "".join(one if one.isprintable() else "?" for one in text[:_WORD])
