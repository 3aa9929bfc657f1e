# SPDX-License-Identifier: Apache-2.0
"""What visitors bring in tests, honest and hostile."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from typing import Final

from glasshouse.domain.admissions import commands, queries
from glasshouse.domain.admissions.models import Brought
from glasshouse.domain.admissions.values import Kind, NewBrought, Told
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases.models import Release
from glasshouse.kernel.ids import Uid
from tests.lab import NOW, House

SECRET: Final = "quokka_call"
RULES: Final = f"""\
id: {SECRET}
language: C
severity: error
message: {SECRET} is not for us
rule:
  pattern: int $A;
---
id: no-eval
language: Python
rule: {{pattern: eval($X)}}
""".encode()
NAME: Final = "The numbat's checks"


def engaged(house: House, viewer: Viewer | None = None) -> Uid:
    """Return the engagement of a viewer, the reviewer's unless another is named; made if there is none."""
    who = viewer or house.cast.reviewer
    found = Engagement.objects.filter(organisation__uid=who.organisation.text).first()
    return Uid(found.uid) if found else house.engage(who, Release.objects.first() or house.take())


def bring(
    house: House,
    content: bytes = RULES,
    kind: Kind = Kind.AST_GREP,
    *,
    viewer: Viewer | None = None,
    licence: str = "MIT",
    is_tried: bool = True,
) -> Uid:
    """Let somebody hand something in, and the worker try it."""
    who = viewer or house.cast.reviewer
    new = NewBrought(engaged(house, who), kind, NAME, licence, "To see calls that we forbid.", io.BytesIO(content))
    uid = commands.hand_in(who, new, now=NOW)
    if is_tried:
        commands.attempt(uid, now=NOW)
    return uid


def admit(house: House, uid: Uid, *, waives_licence: bool = False) -> Told:
    """Let the custodian admit it, as they see it."""
    shown = queries.brought(house.cast.custodian, uid, NOW)
    commands.admit(
        house.cast.custodian, uid, "Small and open.", digest=shown.digest, now=NOW, waives_licence=waives_licence
    )
    return queries.brought(_of(uid), uid, NOW)


def _of(uid: Uid) -> Viewer:
    """Return who brought it."""
    return people.viewer(Brought.objects.select_related("brought_by__organisation").get(uid=uid.text).brought_by)


def tar(files: Mapping[str, bytes]) -> bytes:
    """Return a tar of plain files."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


LAYER: Final = tar({"bin/tool": b"#!/bin/sh\necho found\n", "etc/tool.conf": b"all\n"})


def oci(layer: bytes = LAYER, *, spoiled: bool = False, entry_point: object = ("/bin/tool", "--all")) -> bytes:
    """Return an OCI layout with one layer as a tar."""
    blobs: dict[str, bytes] = {}

    def blob(content: bytes) -> dict[str, object]:
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = content
        return {"digest": f"sha256:{digest}", "size": len(content)}

    config = {"architecture": "amd64", "config": {"Entrypoint": entry_point}, "os": "linux"}
    manifest = {"config": blob(json.dumps(config).encode()), "layers": [blob(layer)], "schemaVersion": 2}
    index = {"manifests": [blob(json.dumps(manifest).encode())], "schemaVersion": 2}
    if spoiled:
        name = next(name for name, content in blobs.items() if content == layer)
        blobs[name] = layer + b"\0" * 512
    layout = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": json.dumps(index).encode()}
    return tar({**layout, **blobs})


def docker(layer: bytes = LAYER) -> bytes:
    """Return a docker archive with one layer."""
    config = json.dumps({"architecture": "arm64", "config": {"Cmd": ["tool"]}, "os": "linux"}).encode()
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = json.dumps([{"Config": name, "Layers": ["a/layer.tar"], "RepoTags": ["tool:1"]}]).encode()
    return tar({"manifest.json": manifest, name: config, "a/layer.tar": layer})
