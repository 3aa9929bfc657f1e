# SPDX-License-Identifier: Apache-2.0
"""Names of files as tools write them, turned into paths of the analysed tree, or said to lie outside.

A URI is relative to the tree, to a base that the run declares, or absolute. It is decoded first and judged after, so
that `%2e%2e%2f` is what it is; a backslash that stands unescaped separates, as the tools of Windows mean it. What
climbs out, has another scheme, host or base, or could not be a path is outside. Nothing is opened or looked up.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from glasshouse.engines.formats.sarif.errors import Place
from glasshouse.engines.formats.sarif.fields import Object, as_object, clean, id_of, text_of
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import TreePath, escaped

OUTSIDE_BASE: Final = "OUTSIDE"
"""The base that our own files give to names that lie outside."""
MAX_OUTSIDE: Final = 1_000
_TREE_BASES: Final = frozenset(
    {"SRCROOT", "ROOTPATH", "PROJECTROOT", "REPOROOT", "EXECUTIONROOT", "ROOT", "SOURCEROOT", "WORKINGDIR", "PWD"}
)
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.+-]*(?:/[A-Za-z0-9_-][A-Za-z0-9_.+-]*)*")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~!$&'()*+,;=:@/%-]*")
_LOCAL: Final = frozenset({"", "localhost"})
_MAX_CHAIN: Final = 16
_MAX_KNOWN: Final = 50_000

Named = tuple[TreePath | None, str]
"""A path inside with "", or None with the name of what is outside."""


class Bases:
    """What the bases of one run mean; remembers names, which repeat."""

    def __init__(self, declared: Mapping[str, Object], root: bytes, place: Place) -> None:
        self._declared = {
            name: (text_of(as_object(value, (place, name)), "uri", (place, name)), id_of(value, "uriBaseId", place))
            for name, value in declared.items()
        }
        self._roots = [_folder(root)] if root else []
        for name, (uri, _) in self._declared.items():
            if _is_tree(name) and (absolute := _absolute(uri)) is not None:
                self._roots.append(_folder(absolute))
        self._known: dict[tuple[str, str], Named] = {}

    def resolve(self, uri: str, base: str) -> Named:
        """Return what a name stands for."""
        found = self._known.get((uri, base))
        if found is None:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            found = self._known[uri, base] = self._resolve(uri, base)
        return found

    def _resolve(self, uri: str, base: str) -> Named:
        if base == OUTSIDE_BASE:
            return None, clean(unquote_to_bytes(uri).decode("utf-8", "replace"))[:MAX_OUTSIDE]
        if not base and _PLAIN.fullmatch(uri) and (path := _tree_path(uri.encode())):
            return path, ""
        raw = self._raw(uri, base)
        path = _tree_path(raw) if raw is not None else None
        if path is not None:
            return path, ""
        name = f"{base}/{uri}" if base else uri
        return None, escaped(name.encode("utf-8", "replace"))[:MAX_OUTSIDE]

    def _raw(self, uri: str, base: str, chain: int = 0) -> bytes | None:
        """Return the bytes of a path below the tree, not yet judged; None where it is not below it."""
        absolute = _absolute(uri)
        if absolute is not None:
            return self._below(absolute)
        if _SCHEME.match(uri) or chain > _MAX_CHAIN:
            return None
        relative = _decoded(uri)
        return self._after(base, relative, chain) if base else relative

    def _after(self, base: str, relative: bytes, chain: int) -> bytes | None:
        """Return a relative name behind its base."""
        if base not in self._declared:
            return relative if _is_tree(base) else None
        base_uri, parent = self._declared[base]
        if _is_tree(base) and (not base_uri or _absolute(base_uri) is not None) and not self._given_below(base_uri):
            return relative
        above = self._raw(base_uri, parent, chain + 1) if base_uri or parent else None
        return None if above is None else _folder(above) + relative

    def _given_below(self, uri: str) -> bool:
        """Say whether a base lies strictly below another root: its name must then stand before the path."""
        absolute = _absolute(uri)
        return absolute is not None and bool(self._below(absolute))

    def _below(self, absolute: bytes) -> bytes | None:
        whole = _normal(absolute)
        if whole is None:
            return None
        for root in self._roots:
            if _folder(whole).startswith(root):
                return whole[len(root) :]
        return None


def uri_of(path: TreePath) -> str:
    """Write a path as a relative URI."""
    return quote(path.raw, safe="/!$&'()*+,;=@~")


def uri_outside(name: str) -> tuple[str, str]:
    """Write a name that lies outside, as URI and base."""
    if _URI.fullmatch(name) and not name.startswith("file:"):
        return name, ""
    return quote(name, safe="/"), OUTSIDE_BASE


def _is_tree(base: str) -> bool:
    """Say whether a base is one of the names that tools give to the root of what they read."""
    return base.strip("%").upper().replace("_", "").replace("-", "") in _TREE_BASES


def _absolute(uri: str) -> bytes | None:
    """Return the path of an absolute name on the tool's machine, None for any other."""
    if uri.startswith(("/", "\\")):
        return None if uri.startswith(("//", "\\\\", "/\\", "\\/")) else _decoded(uri)
    if uri[:5].lower() != "file:":
        return None
    rest = uri[5:]
    if not rest.startswith("//"):
        return _decoded(rest) if rest.startswith("/") else None
    host, slash, path = rest[2:].partition("/")
    return _decoded(slash + path) if slash and host.lower() in _LOCAL else None


def _decoded(uri: str) -> bytes:
    """Return the bytes that a name stands for; a lone surrogate is a byte that its tool could not read as text."""
    try:
        whole = uri.replace("\\", "/").encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return b"\0"
    return unquote_to_bytes(whole)


def _normal(raw: bytes) -> bytes | None:
    """Return a path without `.` and `..`, None where it climbs out."""
    kept: list[bytes] = []
    for part in raw.split(b"/"):
        if part == b"..":
            if not kept:
                return None
            kept.pop()
        elif part not in {b"", b"."}:
            kept.append(part)
    return (b"/" if raw.startswith(b"/") else b"") + b"/".join(kept)


def _tree_path(raw: bytes) -> TreePath | None:
    normal = _normal(raw)
    if not normal:
        return None
    try:
        return TreePath(normal)
    except InvalidError:
        return None


def _folder(raw: bytes) -> bytes:
    return raw.rstrip(b"/") + b"/"
