# SPDX-License-Identifier: Apache-2.0
"""Index a product, killed by SIGKILL at each of its steps on the disk in turn: `python -m ... PRODUCT ROOT...`.

A step is a file opened, renamed or removed. After each kill it is indexed again, and what then stands is printed as
JSON, a line for each kill: which step it was, the documents, and what else lies there.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import django

STEPS = frozenset({"open", "os.rename", "os.remove"})


def main(product: str, roots: Sequence[str]) -> None:
    """Kill at the first step, the second, until it comes to its end."""
    django.setup()
    from glasshouse.domain.releases import indexing, vault  # noqa: PLC0415 -- models load after setup
    from glasshouse.domain.releases.values import ReleaseRef  # noqa: PLC0415
    from glasshouse.kernel.digests import Digest  # noqa: PLC0415
    from glasshouse.kernel.ids import Uid  # noqa: PLC0415

    uid = Uid.parse(product)
    vault.product_store(uid)
    refs = [ReleaseRef(Uid.new(), uid, "server", "", Digest.parse(root), 0) for root in roots]
    vars(indexing).update(BATCH_BYTES=2_000, MERGE_FROM=3)
    before = Path(f"{indexing.folder(uid)}.before")
    shutil.copytree(indexing.folder(uid), before)

    def standing() -> list[indexing.Kept]:
        return indexing.standing(indexing.head(uid, name) for name in indexing.names(uid))

    step = 0
    while True:
        step += 1
        child = os.fork()
        if not child:
            _kill_at(step, str(indexing.folder(uid)))
            indexing.index(uid, refs)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return
        was_merged = any(kept.replaces for kept in standing())
        indexing.index(uid, refs)
        found = {
            "documents": sorted(digest.hex() for kept in standing() for digest in indexing.digests(uid, kept)),
            "was_merged": was_merged,
            "names": sorted(path.name.split("-")[0] for path in indexing.folder(uid).iterdir()),
            "step": step,
        }
        sys.stdout.write(json.dumps(found) + "\n")
        shutil.rmtree(indexing.folder(uid))
        shutil.copytree(before, indexing.folder(uid))


def _kill_at(step: int, folder: str) -> None:
    left = [step]

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event in STEPS and folder in str(arguments[0]):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
