# SPDX-License-Identifier: Apache-2.0
"""Safe unpacking: hostile folders, archives and repositories become a stream of plain members.

Nothing is written to disk, followed or executed. A source either comes out whole, with an exact list of what was
left out, or is refused with an `UnpackError`; memory does not grow with its size.
"""

from glasshouse.engines.store.unpack.errors import UnpackError
from glasshouse.engines.store.unpack.members import CHUNK, Kind, LeftOut, LeftOutSink, Limits, Member, Reason
from glasshouse.engines.store.unpack.source import open_source

__all__ = ["CHUNK", "Kind", "LeftOut", "LeftOutSink", "Limits", "Member", "Reason", "UnpackError", "open_source"]
