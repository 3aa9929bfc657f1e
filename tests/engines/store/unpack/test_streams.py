# SPDX-License-Identifier: Apache-2.0
import bz2
import gzip
import hashlib
import lzma
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import zstandard

from glasshouse.engines.store.unpack import Limits, UnpackError, open_source, xz
from glasshouse.engines.store.unpack.errors import CorruptSourceError, OverLimitError, UnknownFormatError
from tests.engines.store.unpack.archives import END, tar_file, unpack

Source = Callable[[bytes], Path]
Compress = Callable[[bytes], bytes]
NOISE = hashlib.shake_128(b"noise").digest(300_000)
TAR = tar_file(b"noise", NOISE) + tar_file(b"text", b"line\n" * 100_000) + END
FILES = {b"noise": NOISE, b"text": b"line\n" * 100_000}
COMPRESSORS: dict[str, Compress] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "xz in process": lzma.compress,
    "zstd": lambda content: zstandard.ZstdCompressor(write_checksum=True).compress(content),
}


@pytest.fixture(params=COMPRESSORS)
def compress(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Compress:
    if request.param == "xz in process":
        monkeypatch.setattr(xz, "program", lambda: None)
    return COMPRESSORS[request.param]


def test_a_compressed_archive_reads_like_the_plain_one(source: Source, compress: Compress) -> None:
    assert unpack(source(compress(TAR))).files == FILES


def test_streams_that_follow_each_other_are_one(source: Source, compress: Compress) -> None:
    parts = [TAR[:1000], b"", TAR[1000:300_001], TAR[300_001:]]
    assert unpack(source(b"".join(map(compress, parts)))).files == FILES


def test_a_truncated_stream_is_refused_wherever_it_ends(source: Source, compress: Compress) -> None:
    whole = compress(TAR)
    for length in {*range(len(whole) - 30, len(whole)), *range(6, len(whole), len(whole) // 12)}:
        with pytest.raises(UnpackError):
            unpack(source(whole[:length]))


def test_a_changed_byte_is_refused_unless_it_carries_nothing(source: Source, compress: Compress) -> None:
    whole = compress(TAR)
    refused = 0
    places = {*range(len(whole) - 12, len(whole)), *range(12, len(whole), len(whole) // 12)}
    for at in places:
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        try:
            # A bit or two behind the last code of a stream is padding to the next byte.
            assert unpack(source(bytes(damaged))).files == FILES
        except UnpackError:
            refused += 1
    assert refused >= len(places) - 1


@pytest.mark.parametrize("garbage", [b"g", b"garbage that follows\n" * 10, b"\0\0\0\0x"])
def test_what_follows_the_stream_is_refused(source: Source, compress: Compress, garbage: bytes) -> None:
    with pytest.raises(CorruptSourceError):
        unpack(source(compress(TAR) + garbage))


def test_a_hidden_second_archive_behind_the_first_is_refused(source: Source, compress: Compress) -> None:
    with pytest.raises(CorruptSourceError, match="follows the end"):
        unpack(source(compress(TAR) + compress(TAR)))


@pytest.mark.parametrize("name", ["gzip", "xz", "xz in process"])
def test_zeros_behind_a_stream_are_padding(source: Source, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "xz in process":
        monkeypatch.setattr(xz, "program", lambda: None)
    assert unpack(source(COMPRESSORS[name](TAR) + bytes(512))).files == FILES


def test_a_compressed_file_that_is_no_archive_is_named_so(source: Source, compress: Compress) -> None:
    for content in (b"", b"just text", NOISE):
        with pytest.raises(UnpackError) as refused:
            unpack(source(compress(content)))
        assert isinstance(refused.value, UnknownFormatError)


def test_only_one_layer_of_compression_is_taken_off(source: Source, compress: Compress) -> None:
    with pytest.raises(UnknownFormatError):
        unpack(source(compress(compress(TAR))))


def test_a_skippable_frame_is_passed_over(source: Source) -> None:
    frame = zstandard.ZstdCompressor().compress(TAR)
    skippable = b"\x5e\x2a\x4d\x18" + (600_000).to_bytes(4, "little") + bytes(600_000)
    assert unpack(source(skippable + frame + skippable)).files == FILES


@pytest.mark.parametrize(
    "settings",
    [
        {"compression_level": 19, "window_log": 27, "enable_ldm": True},
        {"compression_level": 1, "threads": 2, "write_checksum": True},
        {"compression_level": -5, "write_content_size": False},
    ],
)
def test_zstd_of_any_setting_is_read(source: Source, settings: dict[str, int]) -> None:
    parameters = zstandard.ZstdCompressionParameters(**settings)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    assert unpack(source(compressor.compress(TAR) + compressor.flush())).files == FILES


@pytest.mark.parametrize("program", [True, False])
def test_an_xz_window_that_takes_too_much_memory_is_refused(
    source: Source, monkeypatch: pytest.MonkeyPatch, *, program: bool
) -> None:
    if not program:
        monkeypatch.setattr(xz, "program", lambda: None)
    content = bytearray(lzma.compress(TAR, check=lzma.CHECK_NONE))
    # The dictionary's size is one byte of the first block's header, which a CRC-32 protects: 39 stands for 3 GiB.
    assert content[14:16] == b"\x21\x01"
    content[16] = 39
    content[20:24] = zlib.crc32(content[12:20]).to_bytes(4, "little")
    with pytest.raises(OverLimitError, match="memory"):
        unpack(source(bytes(content)))


def test_a_zstd_window_that_takes_too_much_memory_is_refused(source: Source) -> None:
    # The descriptor of a window of 2 GiB, then a run of zeros as the last block.
    with pytest.raises(UnpackError, match="memory"):
        unpack(source(b"\x28\xb5\x2f\xfd\x00" + bytes([(31 - 10) << 3]) + b"\x03\x10\0\0"))


def test_ratio_and_total_are_counted_while_the_stream_unfolds(source: Source, compress: Compress) -> None:
    bomb = source(compress(tar_file(b"zeros", bytes(40 * 2**20)) + END))
    with pytest.raises(OverLimitError, match="times its size"):
        unpack(bomb, limits=Limits(ratio_after=2**20, ratio=100))
    with pytest.raises(OverLimitError, match="more than"):
        unpack(bomb, limits=Limits(total_bytes=2**20))
    assert len(unpack(bomb).files[b"zeros"]) == 40 * 2**20


def test_the_environment_does_not_change_how_xz_runs(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XZ_OPT", "--memlimit=1")
    monkeypatch.setenv("XZ_DEFAULTS", "--format=raw")
    assert unpack(source(lzma.compress(TAR))).files == FILES


def test_no_xz_is_left_running_when_a_reader_stops_early(source: Source) -> None:
    before = set(psutil.Process().children())
    with open_source(source(lzma.compress(TAR * 20)), left_out=list[object]().append) as members:
        next(members)
    assert set(psutil.Process().children()) == before


def test_xz_ends_with_a_reader_that_is_killed(source: Source) -> None:
    path = source(lzma.compress(tar_file(b"zeros", bytes(64 * 2**20)) + END))
    program = (
        "import sys, time, pathlib\n"
        "from glasshouse.engines.store.unpack import open_source\n"
        "with open_source(pathlib.Path(sys.argv[1]), left_out=print) as members:\n"
        "    next(members)\n"
        "    print('reading', flush=True)\n"
        "    time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as reader:
        assert reader.stdout
        assert reader.stdout.readline() == b"reading\n"
        decoders = psutil.Process(reader.pid).children()
        assert [decoder.name() for decoder in decoders] == ["xz"]
        reader.send_signal(signal.SIGKILL)
    until = time.monotonic() + 10
    while any(d.is_running() and d.status() != psutil.STATUS_ZOMBIE for d in decoders) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(d.is_running() and d.status() != psutil.STATUS_ZOMBIE for d in decoders)
