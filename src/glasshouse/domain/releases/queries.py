# SPDX-License-Identifier: Apache-2.0
"""Questions about releases. The reading room has judged the grant before it asks for lines."""

import functools
from collections.abc import Callable, Sequence

from django.db.models import QuerySet

from glasshouse.domain.access.models import GrantedRelease
from glasshouse.domain.access.values import Patterns
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import crossingshelf, vault
from glasshouse.domain.releases.errors import NotTextError, ReleaseUnknownError
from glasshouse.domain.releases.listing import narrowed_listing
from glasshouse.domain.releases.models import Product, Release, SymbolIndex
from glasshouse.domain.releases.reading import Reading
from glasshouse.domain.releases.values import Item, Line, ReleaseRef, Window, shown_of
from glasshouse.engines.codeindex.colour import colour
from glasshouse.engines.codeindex.languages import language_of
from glasshouse.engines.store import Damage, Entry, Manifest, ProductStore, Report
from glasshouse.engines.store import windows as store_windows
from glasshouse.engines.store.unpack import LeftOut
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath

_STAFF = (Role.LAB_MANAGER, Role.CUSTODIAN, Role.EXPORT_OFFICER, Role.PRODUCT_OWNER)
# Lines before a window that the colouring looks at, so that a comment opened above is seen as one.
_CONTEXT_LINES = 100
_WINDOW_BYTES = 256 * 1024
# A window of 256 KiB can hold a hundred thousand short lines, and colouring them keeps everybody waiting.
MAX_LINES = 2_000


def names_all(viewer: Viewer) -> bool:
    """Say whether the viewer is of the vendor's people who name releases, granted to them or not."""
    return viewer.is_vendor and viewer.may_act_as(*_STAFF)


def releases_of(viewer: Viewer) -> QuerySet[Release]:
    """Return the releases this viewer may name: the vendor's arrangers all, anybody else those granted to them."""
    releases = Release.objects.select_related("product")
    if names_all(viewer):
        return releases
    granted = GrantedRelease.objects.filter(grant__holder_id=viewer.row).values("release")
    return releases.filter(uid__in=granted)


def release(viewer: Viewer, uid: Uid) -> Release:
    """Return one release that the viewer may name."""
    found = releases_of(viewer).filter(uid=uid.text).first()
    if found is None:
        raise ReleaseUnknownError
    return found


def release_by_name(viewer: Viewer, product: str, version: str) -> Release:
    """Return one release by product and version."""
    found = releases_of(viewer).filter(product__slug=product, version=version).first()
    if found is None:
        raise ReleaseUnknownError
    return found


def named(product: str, version: str) -> Release:
    """Return a release for the operator's terminal, which no grant narrows; raises ReleaseUnknownError."""
    row = Release.objects.select_related("product").filter(product__slug=product, version=version).first()
    if row is None:
        raise ReleaseUnknownError(f"There is no release {product} {version}.", hint="See `glasshouse release list`.")
    return row


def all_releases() -> QuerySet[Release]:
    """Return every release, for the operator's terminal: digests and counts, no names of files."""
    return Release.objects.select_related("product")


def product_by_slug(viewer: Viewer, slug: str) -> Product:
    """Return a product by slug, for the vendor's arrangers; nobody else learns whether there is one."""
    if not viewer.is_vendor:
        raise ReleaseUnknownError
    viewer.check_role(*_STAFF)
    found = Product.objects.filter(slug=slug).first()
    if found is None:
        raise ReleaseUnknownError
    return found


def products(viewer: Viewer) -> QuerySet[Product]:
    """Return the products whose source is here, for the vendor's arrangers; nobody else has any."""
    rows = Product.objects.filter(destroyed_at=None).order_by("slug")
    return rows if names_all(viewer) else rows.none()


def product(viewer: Viewer, uid: Uid) -> Product:
    """Return one product, for the vendor's arrangers."""
    found = products(viewer).filter(uid=uid.text).first()
    if found is None:
        raise ReleaseUnknownError
    return found


def reading_of(uid: Uid) -> Reading:
    """Return how a product is read."""
    return Reading.parse(Product.objects.values_list("reading", flat=True).get(uid=uid.text))


def product_slugs() -> dict[str, str]:
    """Return every product's slug by uid."""
    return dict(Product.objects.values_list("uid", "slug"))


def ref(row: Release) -> ReleaseRef:
    """Return a release as a value."""
    return ReleaseRef(
        Uid(row.uid), Uid(row.product.uid), row.product.slug, row.version, Digest(bytes(row.root)), row.leaves
    )


def manifest(found: ReleaseRef) -> Manifest:
    """Return a release's manifest; raises when the product's key was destroyed."""
    return vault.product_store(found.product).manifest(found.root)


def entry(found: ReleaseRef, path: TreePath) -> Entry:
    """Return one file's entry."""
    return manifest(found).entry(path)


def listing(found: ReleaseRef, patterns: Patterns, folder: TreePath | None) -> tuple[Item, ...]:
    """Return what stands in a folder, folders first, as far as the patterns cover it."""
    return narrowed_listing(manifest(found), patterns, folder)


def left_out(found: ReleaseRef) -> list[LeftOut]:
    """Return what intake left out of a release."""
    return list(manifest(found).left_out())


@functools.lru_cache(maxsize=64)
def covered_left_out(found: ReleaseRef, patterns: Patterns) -> tuple[LeftOut, ...]:
    """Return what intake left out, as far as the patterns cover it.

    What was left out for its name is no path of a release; only a grant of the whole covers it.
    """
    return tuple(one for one in left_out(found) if patterns.is_whole or _covers_name(patterns, one.name))


def _covers_name(patterns: Patterns, name: bytes) -> bool:
    try:
        return patterns.covers(TreePath(name))
    except InvalidError:
        return False


def counterpart(found: ReleaseRef, patterns: Patterns, path: TreePath) -> Entry | None:
    """Return what stands at a path in another release, None where nothing does that the patterns cover."""
    if not patterns.covers(path):
        return None
    try:
        return entry(found, path)
    except NotFoundError:
        return None


def lines(found: ReleaseRef, path: TreePath, span: Span, *, column: int = 0) -> Window:
    """Read, verify and colour some lines of a file; `column` goes on inside a line.

    A window ends after 2,000 lines or 256 KiB; its `rest` then says where to go on.
    """
    store = vault.product_store(found.product)
    item = entry(found, path)
    if item.is_binary:
        raise NotTextError(
            f"A binary file of {item.size:,} bytes; it is not shown as lines.", hint="Its digest stands in the listing."
        )
    asked, span = span, Span(span.first, min(span.last, span.first + MAX_LINES - 1))
    above, content = _with_context(store, item, span) if not column else ([], ())
    if not content:
        window = store.read_window(item, span, column=column, max_bytes=_WINDOW_BYTES)
        above, content, rest = [], window.lines, window.rest
    else:
        rest = None
    if rest is None and span.last < min(asked.last, item.lines):
        rest = (span.last + 1, 0)
    texts = [line.content for line in content]
    head = above if content and content[0].number - len(above) == 1 else texts
    language = language_of(item.path, b"".join(head[:2])[:256])
    coloured = colour([line.text for line in content], language, context_before=above)
    first = content[0].number if content else 1
    return Window(
        release=found,
        path=path,
        digest=item.digest,
        size=item.size,
        all_lines=item.lines,
        first=first,
        last=first + len(content) - 1,
        lines=[
            Line(line.number, tokens, line.length, line.is_cut) for line, tokens in zip(content, coloured, strict=True)
        ],
        lines_digest=Digest.of(b"".join(texts)),
        column=column,
        language=language.value if language else "",
        rest=rest,
        shown=shown_of(
            vault.blob_id(found.product, item.digest),
            first,
            [len(text) for text in texts],
            frozenset(offset for offset, line in enumerate(content) if line.is_cut or line.column),
            of=item.lines,
        ),
    )


def _with_context(store: ProductStore, item: Entry, span: Span) -> tuple[list[bytes], Sequence[store_windows.Line]]:
    """Read a window and the lines above it in one go; nothing when a line is too long for that."""
    start = Span(max(1, span.first - _CONTEXT_LINES), span.last)
    window = store.read_window(item, start, max_bytes=_WINDOW_BYTES)
    if window.rest is not None or any(line.is_cut for line in window.lines):
        return [], ()
    above = [line.content for line in window.lines if line.number < span.first]
    return above, window.lines[len(above) :]


def verify(found: ReleaseRef, progress: Callable[[int, int], None]) -> Report:
    """Decrypt and re-hash everything a release names; raises nothing for damage, but lists it.

    The symbol indexes that were taken in for it are read too.
    """
    report = vault.product_store(found.product).verify(found.root, progress=progress)
    rows = SymbolIndex.objects.filter(release__uid=found.uid.text)
    for digest, pack in rows.values_list("digest", "pack"):
        if not crossingshelf.is_whole(found.product, pack):
            index = Digest(bytes(digest))
            report.damages.append(Damage(None, f"Symbol index {index} was changed on the disk: import it again."))
    return report
