# SPDX-License-Identifier: Apache-2.0
"""The head of a release's manifest: the last block of its manifest pack."""

import json
from dataclasses import dataclass

from glasshouse.engines.store.packs import PackReader, PackWriter
from glasshouse.engines.store.trees import Ref
from glasshouse.kernel.digests import Digest


@dataclass(frozen=True, slots=True)
class ManifestHead:
    """The last block of a manifest pack."""

    root: Digest
    tree: Ref
    files: int
    bytes: int
    lines: int
    left_out: int
    left_out_blocks: tuple[int, ...]
    groups_block: int

    def write(self, writer: PackWriter) -> None:
        """Append this as the pack's last block."""
        fields = {
            "bytes": self.bytes,
            "files": self.files,
            "groups": self.groups_block,
            "left_out": [self.left_out, *self.left_out_blocks],
            "lines": self.lines,
            "root": str(self.root),
            "tree": list(self.tree),
        }
        writer.write(json.dumps(fields).encode())

    @classmethod
    def read(cls, pack: PackReader, root: Digest) -> "ManifestHead":
        """Read a release's head; raises DamagedError when it belongs to another release."""
        try:
            fields = json.loads(pack.block(pack.blocks - 1))
            if fields["root"] != str(root):
                raise pack.damaged("it belongs to another release")
            return cls(
                root=root,
                tree=Ref(*fields["tree"]),
                files=fields["files"],
                bytes=fields["bytes"],
                lines=fields["lines"],
                left_out=fields["left_out"][0],
                left_out_blocks=tuple(fields["left_out"][1:]),
                groups_block=fields["groups"],
            )
        except (ValueError, LookupError, TypeError) as error:
            raise pack.damaged("its last block is no head") from error
