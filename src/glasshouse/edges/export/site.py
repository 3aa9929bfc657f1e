# SPDX-License-Identifier: Apache-2.0
"""Rendering the public site into a folder."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from django.template import Context, Engine

from glasshouse.domain.publication import queries as publication
from glasshouse.kernel import clock

_HERE = Path(__file__).parent
# The one design system of the project lies with the signed-in pages; the public page wears the same files.
_LOOK = _HERE.parent / "web" / "static" / "look"
_STYLES = ("tokens.css", "components.css", "icon.svg")


def write_site(target: Path) -> list[str]:
    """Write the site to a folder, replacing an older one at once; return the names of the files."""
    files = _render()
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for name, content in files.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        _make_readable(fresh)
        _replace(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return sorted(files)


def _render() -> Mapping[str, bytes]:
    lab = publication.lab()
    checkpoint = publication.checkpoint()
    counts = publication.counts()
    now = clock.now()
    requests = publication.requests(now)
    engine = Engine(dirs=[str(_HERE / "templates")], libraries={"i18n": "django.templatetags.i18n"})
    page = engine.get_template("public.html").render(
        Context(
            {
                "lab": lab,
                "checkpoint": checkpoint,
                "counts": counts,
                "requests": requests,
                "at": now,
                "test": publication.self_test(),
            }
        )
    )
    files = {"index.html": page.encode(), "log.vkey": f"{lab.vkey}\n".encode()}
    files["counts.json"] = json.dumps({count.kind: _told(count.number) for count in counts}, indent=2).encode()
    files["requests.json"] = json.dumps([_quarter(one) for one in requests], indent=2).encode()
    if checkpoint is not None:
        files["checkpoint"] = checkpoint.note.encode()
        if checkpoint.extension:
            files["consistency"] = checkpoint.extension
    return files | {f"look/{name}": (_LOOK / name).read_bytes() for name in _STYLES}


def _quarter(found: publication.Requests) -> dict[str, object]:
    tables = {"categories": found.categories, "countries": found.countries, "outcomes": found.outcomes}
    return {
        "period": found.period,
        "received": _told(found.received),
        "answered": _told(found.settled),
        **{
            title: {cell.name or "unknown": _told(cell.number, few="not told") for cell in cells}
            for title, cells in tables.items()
        },
    }


def _told(number: int | None, *, few: str = "fewer than 5") -> int | str:
    return few if number is None else number


def _make_readable(folder: Path) -> None:
    # The lab's own files are for its user alone; these are for everybody.
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _replace(fresh: Path, target: Path) -> None:
    old = target.with_name(f".{target.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)
