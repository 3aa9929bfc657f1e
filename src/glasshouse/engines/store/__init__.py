# SPDX-License-Identifier: Apache-2.0
"""Content at rest: encrypted packs, product keys, sealed manifests, and the intake of hostile sources.

Words: a *blob* is some file's content, or 256 KiB of a large one; a *pack* is a file of sealed blocks; a *manifest*
is the canonical listing of a release, whose *root* stands for all of it; a *window* is some lines of a file.

Invariants: no byte of source, no name and no digest of content rests unencrypted; a pack never changes; nothing is
returned that was not checked by digest; a release is there whole, or not there.
"""

from glasshouse.engines.store.entries import (
    Added,
    Change,
    Changed,
    Chunk,
    Content,
    Entry,
    Folder,
    Moved,
    Proof,
    Removed,
    Sealed,
)
from glasshouse.engines.store.intake import Intake, Progress
from glasshouse.engines.store.keys import KeyRing, MasterKey, ProductKey
from glasshouse.engines.store.manifests import Manifest
from glasshouse.engines.store.products import ProductStore, Store
from glasshouse.engines.store.sealing import Sealer
from glasshouse.engines.store.verify import Damage, Report
from glasshouse.engines.store.windows import Line, Window

__all__ = [
    "Added",
    "Change",
    "Changed",
    "Chunk",
    "Content",
    "Damage",
    "Entry",
    "Folder",
    "Intake",
    "KeyRing",
    "Line",
    "Manifest",
    "MasterKey",
    "Moved",
    "ProductKey",
    "ProductStore",
    "Progress",
    "Proof",
    "Removed",
    "Report",
    "Sealed",
    "Sealer",
    "Store",
    "Window",
]
