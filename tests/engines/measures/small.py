# SPDX-License-Identifier: Apache-2.0
"""Small releases for tests of measures."""

from collections.abc import Mapping

from glasshouse.engines.measures import kinds, reading
from glasshouse.engines.measures.reckoning import Document, Measures, reckon
from glasshouse.engines.measures.values import Kind
from glasshouse.kernel.paths import TreePath


def reckoned(files: Mapping[str, str]) -> Measures:
    """Measure a release of a few files given as text."""
    documents = []
    for name, text in files.items():
        path, content = TreePath(name.encode()), text.encode()
        kind = kinds.kind_of(path) or Kind.OTHER
        documents.append(Document(reading.facts_of(content, kind), kinds.is_header(path), content.count(b"\n") + 1))
    return reckon(documents)
