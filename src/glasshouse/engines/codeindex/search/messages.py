# SPDX-License-Identifier: Apache-2.0
"""Questions and answers as JSON; the source of an answer stands behind it, and its lines say how much is theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from glasshouse.engines.codeindex.search.matching import Query
from glasshouse.engines.codeindex.search.questions import (
    Ask,
    FileFound,
    Found,
    LineFound,
    MalformedMessageError,
    Place,
    Share,
    Shares,
    Skipped,
    Tallied,
)
from glasshouse.engines.codeindex.structure.values import Structure
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath


def ask_to_json(asked: Ask) -> dict[str, object]:
    """Write a question."""
    return {
        "after": asked.after,
        "context": asked.context,
        "grant": asked.grant.text,
        "language": asked.language,
        "paths": list(asked.paths),
        "organisation": asked.organisation.text,
        "patterns": list(asked.patterns),
        "person": asked.person.text,
        "product": asked.product.text,
        "query": _query_to_json(asked.query),
        "roots": [str(root) for root in asked.roots],
    }


def ask_from_json(asked: Mapping[str, Any]) -> Ask:
    """Read a question; what is none raises LookupError, TypeError, ValueError or an error of the kernel's families."""
    context = asked["context"]
    if not isinstance(context, int) or context < 0:
        raise MalformedMessageError("Context is a number of lines.")
    return Ask(
        person=Uid.parse(asked["person"]),
        organisation=Uid.parse(asked["organisation"]),
        grant=Uid.parse(asked["grant"]),
        product=Uid.parse(asked["product"]),
        roots=tuple(Digest.parse(root) for root in asked["roots"]),
        patterns=_texts(asked["patterns"]),
        paths=_texts(asked["paths"]),
        language=_text(asked["language"]),
        query=_query_from_json(asked["query"]),
        context=context,
        after=_text(asked["after"]),
    )


def _query_to_json(query: Query | Structure) -> dict[str, object]:
    return {"structure": asdict(query)} if isinstance(query, Structure) else asdict(query)


def _query_from_json(query: Mapping[str, Any]) -> Query | Structure:
    if "structure" in query:
        structure = query["structure"]
        return Structure(_text(structure["pattern"]), _text(structure["language"]))
    switches = {name: query[name] for name in ("is_literal", "ignores_case", "whole_word")}
    if not all(isinstance(value, bool) for value in switches.values()):
        raise MalformedMessageError("A switch of a query is true or false.")
    return Query(_text(query["pattern"]), **switches)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise MalformedMessageError("Text was expected.")
    return value


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise MalformedMessageError("A list was expected.")
    return tuple(_text(value) for value in values)


def source_of(found: Found) -> bytes:
    """Return the text of all lines of a page, in their order."""
    return b"".join(line.text for file in found.files for stretch in file.stretches for line in stretch)


def _places_to_json(places: Sequence[Place]) -> list[list[object]]:
    return [[place.root, str(place.path)] for place in places]


def _places_from_json(places: Sequence[Sequence[Any]]) -> tuple[Place, ...]:
    return tuple(Place(root, TreePath.parse(path)) for root, path in places)


def found_to_json(found: Found) -> dict[str, object]:
    """Write a page; the text of its lines goes into `source_of`."""
    files = [
        {
            "also": _places_to_json(file.also),
            "also_total": file.also_total,
            "digest": str(file.digest),
            "hits": file.hits,
            "language": file.language,
            "place": _places_to_json([file.place])[0],
            "stretches": [
                [[line.number, len(line.text), line.column, line.length, line.spans, line.is_hit] for line in stretch]
                for stretch in file.stretches
            ],
        }
        for file in found.files
    ]
    skipped = [{"files": one.files, "reason": one.reason, "some": _places_to_json(one.some)} for one in found.skipped]
    return {
        "files": files,
        "loading": found.loading,
        "rest": found.rest,
        "searched": found.searched,
        "seconds": found.seconds,
        "skipped": skipped,
        "tally": tally_to_json(found.tally),
        "ticket": found.ticket,
    }


def found_from_json(found: Mapping[str, Any], body: bytes) -> Found:
    """Read a page and the source behind it."""
    source = _Body(body)
    files = tuple(
        FileFound(
            place=_places_from_json([file["place"]])[0],
            digest=Digest.parse(file["digest"]),
            language=file["language"],
            hits=file["hits"],
            also=_places_from_json(file["also"]),
            also_total=file["also_total"],
            stretches=tuple(tuple(source.line(fields) for fields in stretch) for stretch in file["stretches"]),
        )
        for file in found["files"]
    )
    skipped = tuple(Skipped(one["reason"], one["files"], _places_from_json(one["some"])) for one in found["skipped"])
    return Found(
        ticket=found["ticket"],
        files=files,
        rest=found["rest"],
        tally=tally_from_json(found["tally"]),
        searched=found["searched"],
        skipped=skipped,
        seconds=found["seconds"],
        loading=found["loading"],
    )


def tally_to_json(tally: Tallied) -> dict[str, object]:
    """Write how much was found."""
    return asdict(tally)


def tally_from_json(tally: Mapping[str, Any]) -> Tallied:
    """Read how much was found."""
    shares = tally["shares"]
    if shares is not None:
        parts = {name: tuple(map(_share, shares[name])) for name in ("folders", "releases", "languages")}
        shares = Shares(**{**shares, **parts})
    return Tallied(**{**tally, "shares": shares})


def _share(fields: Sequence[Any]) -> Share:
    name, lines, files, paths = fields
    return Share(name, lines, files, tuple(paths))


class _Body:
    """The source behind an answer, cut into its lines one after the other."""

    def __init__(self, body: bytes) -> None:
        self._body, self._place = body, 0

    def line(self, fields: Sequence[Any]) -> LineFound:
        """Read the six fields of a line, and take its text."""
        number, size, column, length, spans, is_hit = fields
        end = self._place + size
        if size < 0 or end > len(self._body):
            raise MalformedMessageError("An answer has less source than it says.")
        text = self._body[self._place : end]
        self._place = end
        return LineFound(number, text, column, length, tuple((begin, stop) for begin, stop in spans), is_hit)
