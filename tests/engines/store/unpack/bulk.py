# SPDX-License-Identifier: Apache-2.0
"""Builds sources that are large or unfold to much, quickly and without holding them."""

import bz2
import gzip
import lzma
import subprocess
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import zstandard

from tests.engines.store.unpack.archives import END, ZipEntry, tar_file, tar_header, zip_of

MEBI = 2**20
COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": lambda content: zstandard.ZstdCompressor(level=19).compress(content),
}


def tar_bomb(path: Path, form: str, mebibytes: int) -> None:
    """Write a compressed tar whose one member has so many MiB of zeros: one short stream, again and again."""
    compress = COMPRESSORS[form]
    zeros = compress(bytes(16 * MEBI))
    path.write_bytes(compress(tar_header(b"zeros", mebibytes * MEBI)) + zeros * (mebibytes // 16) + compress(END))


def zip_bomb(path: Path, mebibytes: int, *, size: int | None = None) -> None:
    """Write a zip whose one entry has so many MiB of zeros, and perhaps says that it has another size."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    zeros = deflater.compress(bytes(MEBI)) + deflater.flush(zlib.Z_FULL_FLUSH)
    crc = 0
    for _ in range(mebibytes):
        crc = zlib.crc32(bytes(MEBI), crc)
    entry = ZipEntry(b"zeros", packed=zeros * mebibytes + b"\3\0", size=size or mebibytes * MEBI, crc=crc)
    path.write_bytes(zip_of(entry))


def many_in_tar(path: Path, count: int) -> None:
    """Write a tar of so many files of a few bytes, a hundred in a folder."""
    with path.open("wb") as file:
        for number in range(count):
            file.write(tar_file(b"some/folder/%d/file-%d.c" % (number // 100, number), b"%d\n" % number))
        file.write(END)


def many_in_zip(path: Path, count: int) -> None:
    """Write a zip of so many files of a few bytes, a hundred in a folder."""
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(count):
            archive.writestr(zipfile.ZipInfo(f"some/folder/{number // 100}/file-{number}.c"), b"%d\n" % number)


def many_in_folder(path: Path, count: int) -> None:
    """Write so many files into folders of a thousand each; those of one folder are one file, which is quicker."""
    for number in range(count):
        folder = path / str(number // 1000)
        if number % 1000:
            (folder / str(number)).hardlink_to(folder / "first")
        else:
            folder.mkdir(parents=True)
            (folder / "first").write_bytes(b"x")


def many_in_git(path: Path, count: int) -> None:
    """Write a bare repository whose revision has so many files, of few objects."""
    subprocess.run(["git", "init", "-q", "--bare", path], check=True)

    def add(kind: str, content: bytes) -> bytes:
        command = ["git", "-C", str(path), "hash-object", "-w", "-t", kind, "--stdin"]
        return bytes.fromhex(subprocess.run(command, input=content, capture_output=True, check=True).stdout.decode())

    blob = add("blob", b"x")
    folder = add("tree", b"".join(b"100644 f%03d\0" % n + blob for n in range(1000)))
    top = add("tree", b"".join(b"40000 d%04d\0" % n + folder for n in range(count // 1000)))
    commit = ["git", "-C", str(path), "-c", "user.name=V", "-c", "user.email=v@example.org", "commit-tree", "-m", "x"]
    done = subprocess.run([*commit, top.hex()], capture_output=True, check=True)
    (path / "HEAD").write_bytes(done.stdout)


def one_long_line(path: Path, mebibytes: int) -> None:
    """Write a plain tar whose one member is a single line of so many MiB."""
    with path.open("wb") as file:
        file.write(tar_header(b"line", mebibytes * MEBI))
        for _ in range(mebibytes):
            file.write(b"x" * MEBI)
        file.write(END)
