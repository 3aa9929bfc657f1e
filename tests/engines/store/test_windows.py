# SPDX-License-Identifier: Apache-2.0
import time
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasshouse.engines.store import Entry, ProductStore, Window, pipeline
from glasshouse.engines.store.errors import DamagedError, LinesNotFoundError
from glasshouse.engines.store.packs import PackReader
from glasshouse.engines.store.pipeline import CHUNK
from glasshouse.engines.store.unpack import Kind, Member
from glasshouse.engines.store.windows import MAX_LINE_BYTES, MIN_BYTES
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath
from tests.engines.store.lab import PLAIN, Lab, Noise

MB = 2**20
NOISE = Noise(7)
HEADER = b"".join(b"#define REGISTER_%07d_BASE_IDX 0x%08x\n" % (number, number) for number in range(60_000))


def stored(lab: Lab, content: bytes) -> tuple[ProductStore, Entry]:
    product = lab.product
    manifest = product.manifest(lab.take({b"file": content}).root)
    return product, manifest.entry(TreePath(b"file"))


def lines_of(content: bytes) -> list[bytes]:
    parts = content.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def check(window: Window, content: bytes, span: Span) -> None:
    lines = lines_of(content)[span.first - 1 : span.last]
    assert [line.number for line in window.lines] == list(range(span.first, span.first + len(window.lines)))
    for line, whole in zip(window.lines, lines, strict=False):
        text = whole.removesuffix(b"\n")
        assert line.length == len(text)
        assert line.is_cut == (len(text) > MAX_LINE_BYTES)
        assert line.content == (text[:MAX_LINE_BYTES] if line.is_cut else whole)
        assert line.text == text[:MAX_LINE_BYTES]
    assert window.digest == Digest.of(b"".join(line.content for line in window.lines))
    assert window.bytes == sum(len(line.content) for line in window.lines)


LENGTHS = [0, 1, 80, MAX_LINE_BYTES - 1, MAX_LINE_BYTES, MAX_LINE_BYTES + 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lengths=st.lists(st.sampled_from(LENGTHS), min_size=1, max_size=8),
    is_ended=st.booleans(),
    first=st.integers(1, 8),
    count=st.integers(1, 8),
)
def test_a_window_shows_what_splitting_the_file_would(
    lab: Lab,
    lengths: list[int],
    is_ended: bool,  # noqa: FBT001 - drawn by hypothesis, by name
    first: int,
    count: int,
) -> None:
    content = b"\n".join(bytes([65 + place]) * length for place, length in enumerate(lengths))
    content += b"\n" if is_ended else b""
    product, entry = stored(lab, content)
    lines = lines_of(content)
    assert entry.lines == len(lines)
    span = Span(first, first + count - 1)
    if not content and first == 1:
        assert product.read_window(entry, span) == Window((), Digest.of(b""), None)
    elif first > len(lines):
        with pytest.raises(LinesNotFoundError):
            product.read_window(entry, span)
    else:
        window = product.read_window(entry, span)
        assert len(window.lines) == len(lines[first - 1 : first - 1 + count])
        check(window, content, span)


def read_through(product: ProductStore, entry: Entry, *, max_bytes: int) -> bytes:
    """Read a whole file by following what each window says of the rest."""
    seen, place = bytearray(), (1, 0)
    while True:
        line, column = place
        window = product.read_window(entry, Span(line, entry.lines), column=column, max_bytes=max_bytes)
        assert 0 < window.bytes <= max_bytes
        for piece in window.lines[:-1]:
            seen += piece.content
            end = piece.column + len(piece.content)
            while end < piece.length:  # a line that was cut amid others is read on its own
                more = product.read_window(entry, Span(piece.number, piece.number), column=end).lines[0]
                seen += more.content
                end = more.column + len(more.content)
        last = window.lines[-1]
        seen += last.content
        if last.is_cut:
            place = (last.number, last.column + len(last.content))
        elif last.number < entry.lines:
            place = (last.number + 1, 0)
        else:
            return bytes(seen)


@pytest.mark.parametrize("max_bytes", [MIN_BYTES, 3 * MAX_LINE_BYTES, MB])
def test_every_byte_of_a_file_can_be_read_in_pieces(lab: Lab, max_bytes: int) -> None:
    content = (
        b"short\n" + b"x" * 9000 + b"\n\n" + NOISE.randbytes(CHUNK) + b"\n" + b"y" * (2 * MAX_LINE_BYTES) + b"\nend"
    )
    product, entry = stored(lab, content)
    assert read_through(product, entry, max_bytes=max_bytes) == content


def test_a_window_is_never_larger_than_asked_and_says_where_to_read_on(lab: Lab) -> None:
    product, entry = stored(lab, HEADER)
    window = product.read_window(entry, Span(100, 60_000), max_bytes=10_000)
    assert window.span == Span(100, 99 + len(window.lines))
    assert 10_000 - MIN_BYTES - 80 <= window.bytes <= 10_000
    assert window.rest == (100 + len(window.lines), 0)
    assert product.read_window(entry, Span(100, 110)).rest is None


def test_the_middle_of_a_large_file_opens_one_chunk_or_two(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    _, entry = stored(lab, HEADER)
    opened: list[int] = []
    real = PackReader.block

    def counting(self: PackReader, number: int) -> bytes:
        if self.path.name.startswith("blobs"):
            opened.append(number)
        return real(self, number)

    monkeypatch.setattr(PackReader, "block", counting)
    for first in (1, 20_001, 40_001, 59_900):
        product = lab.product
        product.roots()
        opened.clear()
        check(product.read_window(entry, Span(first, first + 99)), HEADER, Span(first, first + 99))
        assert len(opened) <= 2


def test_one_line_of_64_megabytes_is_shown_in_bounded_memory(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    real = pipeline._Whole.update

    def slow(self: pipeline._Whole, chunk: bytes) -> None:
        time.sleep(0.004)  # a hash slower than its source: what waits for it must not pile up
        real(self, chunk)

    monkeypatch.setattr(pipeline._Whole, "update", slow)
    size = 64 * MB
    product = lab.product
    tracemalloc.start()
    try:
        with product.begin() as intake:
            chunks = (b"x" * CHUNK for _ in range(size // CHUNK))
            intake.add(Member(TreePath(b"line"), Kind.FILE, PLAIN, size, chunks))
            root = intake.finish().root
        entry = product.manifest(root).entry(TreePath(b"line"))
        for column in (0, 1, CHUNK - 1, size // 2 + 1, size - 10):
            window = product.read_window(entry, Span(1, 1), column=column)
            line = window.lines[0]
            assert (line.length, line.column) == (size, column)
            assert line.content == b"x" * min(MAX_LINE_BYTES, size - column)
            assert line.is_cut == (column + MAX_LINE_BYTES < size)
        assert tracemalloc.get_traced_memory()[1] < 40 * MB
    finally:
        tracemalloc.stop()
    for column in (size, size + 1):
        with pytest.raises(LinesNotFoundError):
            product.read_window(entry, Span(1, 1), column=column)


def test_what_cannot_be_asked_for_is_refused(lab: Lab) -> None:
    product, entry = stored(lab, b"one\ntwo\n")
    for span in (Span(3, 3), Span(10**6, 10**6 + 5)):
        with pytest.raises(LinesNotFoundError):
            product.read_window(entry, span)
    with pytest.raises(LinesNotFoundError):
        product.read_window(entry, Span(1, 1), column=4)
    with pytest.raises(InvalidError):
        product.read_window(entry, Span(1, 1), column=-1)
    with pytest.raises(InvalidError):
        product.read_window(entry, Span(1, 1), max_bytes=MIN_BYTES - 1)
    assert product.read_window(entry, Span(2, 99)).lines[0].content == b"two\n"


def test_a_window_whose_blob_differs_from_its_digest_is_never_shown(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    real = PackReader.block

    def lying(self: PackReader, number: int) -> bytes:
        return real(self, number).replace(b"o", b"0").replace(b"REG", b"GER")

    for content in (b"one\ntwo\n", HEADER):
        product, entry = stored(lab, content)
        with monkeypatch.context() as patch:
            patch.setattr(PackReader, "block", lying)
            with pytest.raises(DamagedError, match="block 0 holds a blob that differs"):
                product.read_window(entry, Span(1, 2))
            with pytest.raises(DamagedError, match="differs"):
                list(product.read_blob(entry))
