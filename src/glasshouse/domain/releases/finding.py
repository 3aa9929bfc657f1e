# SPDX-License-Identifier: Apache-2.0
"""Asking the searcher, and its answer as it is shown: coloured, marked, with what it costs and what is recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings

from glasshouse.domain.access.values import Patterns, Shown
from glasshouse.domain.journal.values import Json
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import queries, vault
from glasshouse.domain.releases.found import (
    Asked,
    FileHits,
    FoundAt,
    FoundLine,
    NotSearched,
    Share,
    Shares,
    Stretch,
    StructureAsked,
    Tally,
    Unsearched,
)
from glasshouse.domain.releases.marking import marked
from glasshouse.domain.releases.values import ReleaseRef, shown_of
from glasshouse.engines.codeindex.colour import colour
from glasshouse.engines.codeindex.languages import Language
from glasshouse.engines.codeindex.search import asking, questions
from glasshouse.engines.codeindex.search.questions import Ask, FileFound, Found, LineFound, Place, Tallied, Waiting
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

WAIT: Final = 0.1
"""Seconds that a request waits for a first page; it is asked for again from then on."""
_SOCKET: Final = "search.sock"


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page of hits before it is recorded; `shown` is what it costs, `evidence` what the record says of it."""

    files: Sequence[FileHits]
    hits: int
    lines: int
    rest: str
    ticket: str
    tally: Tally
    searched: int
    not_searched: Sequence[NotSearched]
    seconds: float
    loading: int | None
    digest: Digest
    shown: Sequence[Shown] = field(repr=False)
    evidence: Json = field(repr=False)


def find(
    viewer: Viewer,
    grant: Uid,
    releases: Sequence[ReleaseRef],
    patterns: Patterns,
    asked: Asked | StructureAsked,
    *,
    after: str,
) -> FoundPage | Waiting:
    """Have the searcher look through releases of one product, as far as the patterns cover them.

    Waiting when it takes longer than `WAIT`. Raises SearcherSilentError where no searcher runs, NotFoundError for a
    page that continues nothing.
    """
    question = Ask(
        person=viewer.uid,
        organisation=viewer.organisation,
        grant=grant,
        product=releases[0].product,
        roots=tuple(ref.root for ref in releases),
        patterns=patterns.globs,
        paths=asked.paths,
        language=asked.language,
        query=asked.query,
        context=asked.context,
        after=after,
    )
    found = asking.search(settings.GLASSHOUSE.run / _SOCKET, question, wait=WAIT)
    return found if isinstance(found, Waiting) else page_of(found, releases, patterns, asked)


def page_of(
    found: Found, releases: Sequence[ReleaseRef], patterns: Patterns, asked: Asked | StructureAsked
) -> FoundPage:
    """Return an answer as it is shown; raises NotFoundError where it names what the patterns do not cover."""
    return _Reading(releases, patterns, asked).page(found)


def tally(person: Uid, grant: Uid, ticket: str, releases: Sequence[ReleaseRef]) -> Tally:
    """Return how far a search of some of these releases has counted.

    Raises NotFoundError for a ticket that is not this person's.
    """
    return _tally(asking.tally(settings.GLASSHOUSE.run / _SOCKET, person, grant, ticket), releases)


class _Reading:
    """Reads the searcher's answer for one asker, and holds it to what they may see."""

    def __init__(self, releases: Sequence[ReleaseRef], patterns: Patterns, asked: Asked | StructureAsked) -> None:
        self._releases = releases
        self._covering = [patterns, *([Patterns(asked.paths)] if asked.paths else [])]

    def page(self, found: Found) -> FoundPage:
        """Return the page with its price and its evidence."""
        shown: list[Shown] = []
        evidence: list[Json] = []
        texts: list[bytes] = []
        for file in found.files:
            blob = vault.blob_id(self._releases[0].product, file.digest)
            spans: list[Json] = []
            for stretch in file.stretches:
                lines = [line.text + b"\n" for line in stretch]
                cut = frozenset(offset for offset, line in enumerate(stretch) if _is_cut(line))
                shown.append(shown_of(blob, stretch[0].number, [len(line) for line in lines], cut, by_search=True))
                spans.append([stretch[0].number, stretch[-1].number, str(Digest.of(b"".join(lines)))])
                texts += lines
            evidence.append(
                {
                    "digest": str(file.digest),
                    "lines": spans,
                    "path": str(file.place.path),
                    "release": str(self._releases[file.place.root].root),
                }
            )
        return FoundPage(
            files=[self._file(file) for file in found.files],
            hits=sum(file.hits for file in found.files),
            lines=len(texts),
            rest=found.rest,
            ticket=found.ticket,
            tally=_tally(found.tally, self._releases),
            searched=found.searched,
            not_searched=[
                NotSearched(Unsearched(one.reason), one.files, [self._at(place) for place in one.some])
                for one in found.skipped
            ],
            seconds=found.seconds,
            loading=found.loading,
            digest=Digest.of(b"".join(texts)),
            shown=shown,
            evidence=evidence,
        )

    def _file(self, file: FileFound) -> FileHits:
        at = self._at(file.place)
        # The searcher narrows before it reads; that it named this very content here is checked all the same.
        if queries.entry(at.release, at.path).digest != file.digest:
            raise NotFoundError
        language = Language(file.language) if file.language else None
        return FileHits(
            release=at.release,
            path=at.path,
            digest=file.digest,
            language=file.language,
            stretches=[_stretch(stretch, language) for stretch in file.stretches],
            hits=file.hits,
            also=[self._at(place) for place in file.also],
            also_total=file.also_total,
        )

    def _at(self, place: Place) -> FoundAt:
        if not all(patterns.covers(place.path) for patterns in self._covering):
            raise NotFoundError
        return FoundAt(self._releases[place.root], place.path)


def _tally(counted: Tallied, releases: Sequence[ReleaseRef]) -> Tally:
    return Tally(
        lines=counted.lines,
        files=counted.files,
        is_exact=counted.is_exact,
        is_running=counted.is_running,
        left=counted.left,
        shares=_shares(counted.shares, {str(ref.root): ref for ref in releases}) if counted.shares else None,
        is_sharing=counted.is_sharing,
    )


def _shares(told: questions.Shares, releases: Mapping[str, ReleaseRef]) -> Shares:
    return Shares(
        folders=[Share(one.name, one.lines, one.files, paths=one.paths) for one in told.folders],
        more_folders=told.more_folders,
        releases=[
            Share(releases[one.name].version, one.lines, one.files, release=releases[one.name])
            for one in told.releases
            if one.name in releases
        ],
        languages=[Share(one.name, one.lines, one.files) for one in told.languages],
        more_languages=told.more_languages,
        is_exact=told.is_exact,
    )


def _is_cut(line: LineFound) -> bool:
    return len(line.text) < line.length


def _stretch(stretch: Sequence[LineFound], language: Language | None) -> Stretch:
    coloured = colour([line.text for line in stretch], language)
    return Stretch(
        [
            FoundLine(
                number=line.number,
                parts=marked(line.text, tokens, line.spans),
                is_hit=line.is_hit,
                column=line.column,
                length=line.length,
                is_cut=_is_cut(line),
            )
            for line, tokens in zip(stretch, coloured, strict=True)
        ]
    )
