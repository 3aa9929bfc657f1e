# SPDX-License-Identifier: Apache-2.0
"""Files that people hand in: taken by the one page that asks for them, held in memory, never on a disk in the open."""

import os
from typing import IO, Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from glasshouse.edges.http.routes import TAKES_FILES
from glasshouse.edges.http.viewer import viewer_or_none

LARGEST: Final = 256 * 2**20
"""What of one file is kept; one byte more is kept too, by which a command sees that it was more."""


class InMemory(FileUploadHandler):
    """Keeps a file in memory without a name, and only where somebody signed in hands it to a page that takes one."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- Django's own signature
        """Begin a file, or pass over it."""
        super().new_file(*args, **kwargs)
        request = self.request
        match = request.resolver_match if request else None
        if request is None or match is None or match.view_name not in TAKES_FILES or viewer_or_none(request) is None:
            raise SkipFile
        self._kept: IO[bytes] = os.fdopen(os.memfd_create("upload", os.MFD_CLOEXEC), "w+b")
        self._size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep what comes, up to the largest size."""
        del start
        piece = raw_data[: LARGEST + 1 - self._size]
        self._kept.write(piece)
        self._size += len(piece)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        """Give the file to the form."""
        del file_size
        self._kept.seek(0)
        return UploadedFile(
            file=self._kept, name=self.file_name, content_type=self.content_type, size=self._size, charset=self.charset
        )
