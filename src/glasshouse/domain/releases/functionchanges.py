# SPDX-License-Identifier: Apache-2.0
"""What changed in a file since another release, said by function: a page of the reading list."""

from dataclasses import dataclass
from typing import Final

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.defining import covered_entry, outline_of
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.codeindex.symbols.forms import may_have_symbols
from glasshouse.engines.codeindex.symbols.functions import Changes, compare
from glasshouse.engines.codeindex.symbols.values import MAX_DOCUMENT, Gap, Outline
from glasshouse.engines.store import Entry
from glasshouse.kernel.paths import TreePath

NOTHING: Final = Changes((), elsewhere=False)


@dataclass(frozen=True, slots=True)
class FileChanges:
    """The functions that differ; `gaps` tell why some may be missing, `is_pending` that nobody looked yet."""

    path_before: TreePath | None
    path: TreePath | None
    changes: Changes
    gaps: tuple[Gap, ...]
    is_pending: bool


@dataclass(frozen=True, slots=True)
class _Side:
    outline: Outline
    content: bytes
    gap: Gap | None
    is_pending: bool


def function_changes(
    before: ReleaseRef, path_before: TreePath | None, after: ReleaseRef, path: TreePath | None, patterns: Patterns
) -> FileChanges:
    """Compare one file of two releases by function; None is the side on which the file is not.

    Raises NotFoundError for a path that is not there, or that the patterns do not cover.
    """
    old, new = _side(before, path_before, patterns), _side(after, path, patterns)
    gaps = tuple(dict.fromkeys(side.gap for side in (old, new) if side.gap))
    is_pending = old.is_pending or new.is_pending
    changes = NOTHING if is_pending else compare(old.outline, old.content, new.outline, new.content)
    return FileChanges(path_before, path, changes, gaps, is_pending)


def _side(release: ReleaseRef, path: TreePath | None, patterns: Patterns) -> _Side:
    if path is None:
        return _Side(Outline(), b"", None, is_pending=False)
    item = covered_entry(release, patterns, path)
    gap = _unread(item)
    if gap:
        return _Side(Outline(), b"", gap, is_pending=False)
    outline = outline_of(release, item)
    content = vault.product_store(release.product).document(item.digest.raw)
    if outline is None:
        return _Side(Outline(), content, None, is_pending=bool(content))
    return _Side(outline, content, outline.gap, is_pending=False)


def _unread(item: Entry) -> Gap | None:
    if item.is_binary:
        return Gap.BINARY
    if item.size > MAX_DOCUMENT:
        return Gap.TOO_LARGE
    return Gap.NO_PARSER if item.is_link or not may_have_symbols(item.path) else None
