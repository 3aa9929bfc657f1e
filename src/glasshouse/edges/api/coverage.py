# SPDX-License-Identifier: Apache-2.0
"""The JSON of what was read, and of what newer releases leave of conclusions."""

from typing import Self

from ninja import Schema

from glasshouse.domain.readingroom.commands.conclusions import ConclusionsShown
from glasshouse.domain.readingroom.commands.coverage import CoverageShown
from glasshouse.domain.readingroom.coverage import Share as ShareValue
from glasshouse.domain.releases.reliances import Ground
from glasshouse.edges.api.shapes import NamedRelease, Showing
from glasshouse.edges.api.source import Shown


class Share(Schema):
    """Lines: all that could be read, those opened, those that searches alone showed, those that were not shown.

    `scanned` counts files that a tool analysed. It is null where no tool ran, or the grant does not run tools: that is
    unknown, and not none.
    """

    files: int
    lines: int
    read: int
    by_search: int
    unread: int
    percent_read: float | None
    scanned: int | None

    @classmethod
    def of(cls, share: ShareValue) -> Self:
        """Write a share."""
        return cls(
            files=share.files,
            lines=share.lines,
            read=share.read,
            by_search=share.found,
            unread=share.unread,
            percent_read=share.percent,
            scanned=share.scanned,
        )


class Part(Schema):
    """A file or folder."""

    path: str
    is_folder: bool
    share: Share
    areas: list[str]


class Area(Schema):
    """A risky area, and why it is one."""

    slug: str
    title: str
    why: str
    share: Share


class ToRead(Schema):
    """A risky file with unread lines, and the first of them."""

    path: str
    line: int
    share: Share
    areas: list[str]
    reasons: list[str]


class Coverage(Shown):
    """What was read of a release, as far as the grant covers it."""

    whose: str
    people: int
    rules: int
    has_symbols: bool
    files_without_lines: int
    whole: Share
    areas: list[Area]
    folder: str
    here: Share
    parts: list[Part]
    to_read: list[ToRead]
    to_read_total: int

    @classmethod
    def of(cls, shown: CoverageShown) -> Self:
        """Write coverage."""
        found = shown.coverage
        return cls(
            showing=Showing.of(shown.view),
            whose=shown.whose.value,
            people=shown.people,
            rules=found.version,
            has_symbols=found.has_symbols,
            files_without_lines=found.no_text,
            whole=Share.of(found.whole),
            areas=[
                Area(slug=one.area.slug, title=one.area.title, why=one.area.why, share=Share.of(one.share))
                for one in found.areas
            ],
            folder=str(found.folder or ""),
            here=Share.of(found.here),
            parts=[
                Part(path=str(one.path), is_folder=one.is_folder, share=Share.of(one.share), areas=list(one.areas))
                for one in found.parts
            ],
            to_read=[
                ToRead(
                    path=str(one.path),
                    line=one.line,
                    share=Share.of(one.share),
                    areas=list(one.areas),
                    reasons=list(one.reasons),
                )
                for one in found.to_read
            ],
            to_read_total=found.to_read_total,
        )


class Conclusion(Schema):
    """A conclusion seen from a release; `outcome` is null where that release was not judged yet."""

    uid: str
    made_on: NamedRelease
    path: str
    lines: str
    outcome: str | None
    reason: str
    lines_differ: int
    now_path: str
    now_lines: str


class Conclusions(Shown):
    """One's own conclusions, seen from a release."""

    items: list[Conclusion]

    @classmethod
    def of(cls, shown: ConclusionsShown) -> Self:
        """Write conclusions."""
        items = []
        for one in shown.standings:
            verdict = one.verdict
            path, lines = _place(one.ground)
            now_path, now_lines = _place(verdict.now if verdict else None)
            items.append(
                Conclusion(
                    uid=one.subject.text,
                    made_on=NamedRelease.of(shown.bases[one.release]),
                    path=path,
                    lines=lines,
                    outcome=verdict.outcome.value if verdict else None,
                    reason=verdict.reason.value if verdict else "",
                    lines_differ=verdict.lines if verdict else 0,
                    now_path=now_path,
                    now_lines=now_lines,
                )
            )
        return cls(showing=Showing.of(shown.view), items=items)


def _place(ground: Ground | None) -> tuple[str, str]:
    return (str(ground.path or ""), str(ground.span or "")) if ground else ("", "")
