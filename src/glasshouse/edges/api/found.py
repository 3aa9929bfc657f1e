# SPDX-License-Identifier: Apache-2.0
"""The JSON of what a search found. Text hides nothing, as everywhere in the API."""

from typing import Self

from ninja import Schema

from glasshouse.domain.readingroom import values
from glasshouse.domain.releases import found
from glasshouse.edges.api.shapes import NamedRelease, Showing


class FoundSpan(Schema):
    """Some text of a line; `is_found` where the pattern matched."""

    text: str
    is_found: bool


class FoundLine(Schema):
    """A line that was found, or context beside one; `is_cut` says that it has more than is shown."""

    number: int
    text: str
    spans: list[FoundSpan]
    is_hit: bool
    is_cut: bool
    column: int

    @classmethod
    def of(cls, line: found.FoundLine) -> Self:
        """Describe a line; colours are left out."""
        spans: list[FoundSpan] = []
        for part in line.parts:
            if spans and spans[-1].is_found == part.is_found:
                spans[-1].text += part.token.text
            else:
                spans.append(FoundSpan(text=part.token.text, is_found=part.is_found))
        return cls(
            number=line.number,
            text="".join(span.text for span in spans),
            spans=spans,
            is_hit=line.is_hit,
            is_cut=line.is_cut,
            column=line.column,
        )


class FoundAt(Schema):
    """A place of some content."""

    version: str
    path: str

    @classmethod
    def of(cls, at: found.FoundAt) -> Self:
        """Name a place."""
        return cls(version=at.release.version, path=str(at.path))


class FileHits(Schema):
    """The lines found in one file, in stretches of neighbours; the same content elsewhere is in `also`."""

    release: NamedRelease
    path: str
    digest: str
    language: str
    hits: int
    also: list[FoundAt]
    also_total: int
    stretches: list[list[FoundLine]]

    @classmethod
    def of(cls, file: found.FileHits) -> Self:
        """Describe a file."""
        return cls(
            release=NamedRelease.of(file.release),
            path=str(file.path),
            digest=str(file.digest),
            language=file.language,
            hits=file.hits,
            also=[FoundAt.of(at) for at in file.also],
            also_total=file.also_total,
            stretches=[[FoundLine.of(line) for line in stretch.lines] for stretch in file.stretches],
        )


class NotSearched(Schema):
    """Files in scope that were not looked at, which is not the same as no match."""

    reason: str
    files: int
    some: list[FoundAt]

    @classmethod
    def of(cls, one: found.NotSearched) -> Self:
        """Describe a reason."""
        return cls(reason=one.reason.value, files=one.files, some=[FoundAt.of(at) for at in one.some])


class Share(Schema):
    """The lines found in one part of what was searched; `paths` narrow the same search to a folder or file."""

    name: str
    lines: int
    files: int
    paths: list[str]

    @classmethod
    def of(cls, share: found.Share) -> Self:
        """Copy the value."""
        return cls(name=share.name, lines=share.lines, files=share.files, paths=list(share.paths))


class Shares(Schema):
    """Where lines were found, most first: the entries of the deepest folder that holds all, versions, languages."""

    folders: list[Share]
    more_folders: int
    releases: list[Share]
    languages: list[Share]
    more_languages: int
    is_exact: bool

    @classmethod
    def of(cls, shares: found.Shares) -> Self:
        """Copy the value."""
        return cls(
            folders=[Share.of(one) for one in shares.folders],
            more_folders=shares.more_folders,
            releases=[Share.of(one) for one in shares.releases],
            languages=[Share.of(one) for one in shares.languages],
            more_languages=shares.more_languages,
            is_exact=shares.is_exact,
        )


class Tally(Schema):
    """How much a whole search finds, at least so much where it is not exact; ask again while it runs.

    A search for structure has `left` files to come to; it goes on while its tally is asked for. `shares` say where the
    lines are; ask again while it `is_sharing`.
    """

    lines: int
    files: int
    is_exact: bool
    is_running: bool
    left: int
    shares: Shares | None
    is_sharing: bool

    @classmethod
    def of(cls, tally: found.Tally) -> Self:
        """Copy the value."""
        return cls(
            lines=tally.lines,
            files=tally.files,
            is_exact=tally.is_exact,
            is_running=tally.is_running,
            left=tally.left,
            shares=Shares.of(tally.shares) if tally.shares else None,
            is_sharing=tally.is_sharing,
        )


class Search(Schema):
    """A page of what a search found; without `showing` it is pending, and the same call joins it.

    `rest` continues the page as `after`, `ticket` asks for the tally. After its start the searcher is `loading`: so
    many hundredths of the text are in memory; searches are answered as ever, only more slowly.
    """

    showing: Showing | None
    hits: int
    lines: int
    files: list[FileHits]
    rest: str
    ticket: str
    tally: Tally | None
    searched: int
    not_searched: list[NotSearched]
    seconds: float
    loading: int | None

    @classmethod
    def of(cls, shown: values.SearchShown | values.SearchPending) -> Self:
        """Describe a showing, or that there is none yet."""
        if isinstance(shown, values.SearchPending):
            return cls(
                showing=None,
                hits=0,
                lines=0,
                files=[],
                rest="",
                ticket="",
                tally=None,
                searched=0,
                not_searched=[],
                seconds=0,
                loading=shown.loading,
            )
        return cls(
            showing=Showing.of(shown.view),
            hits=shown.hits,
            lines=shown.lines,
            files=[FileHits.of(file) for file in shown.files],
            rest=shown.rest,
            ticket=shown.ticket,
            tally=Tally.of(shown.tally),
            searched=shown.searched,
            not_searched=[NotSearched.of(one) for one in shown.not_searched],
            seconds=shown.seconds,
            loading=shown.loading,
        )
