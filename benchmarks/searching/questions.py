# SPDX-License-Identifier: Apache-2.0
"""What is asked: fourteen queries of a reviewer, and how fast each has to be answered."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from glasshouse.engines.codeindex.search.matching import Query


class Kind(StrEnum):
    """What a query gives an index to work with."""

    WORD = "with a word"
    OTHER = "other"
    NOTHING = "no trigram"


FIRST_MS: Final = {Kind.WORD: 30.0, Kind.OTHER: 80.0, Kind.NOTHING: 100.0}
MANY: Final = 100_000
"""Lines past which a pattern that is no literal may end as "at least N"."""
SCAN_SECONDS: Final = 1.2


@dataclass(frozen=True, slots=True)
class Question:
    """A query, and what kind it is."""

    query: Query
    kind: Kind

    @property
    def is_literal(self) -> bool:
        """Whether it stands for nothing but its own text."""
        return self.query.is_literal or self.query.pattern.replace("\\(", "").replace("->", "").isidentifier()

    @property
    def name(self) -> str:
        """How the rows call it."""
        return f"{'(?i)' if self.query.ignores_case else ''}{self.query.pattern}"


QUESTIONS: Final = (
    Question(Query("ext4_mb_prefetch_fini"), Kind.WORD),
    Question(Query(r"kmalloc\("), Kind.WORD),
    Question(Query("return"), Kind.WORD),
    Question(Query("use.after.free", ignores_case=True), Kind.OTHER),
    Question(Query(r"(spin|mutex)_lock_nested\("), Kind.WORD),
    Question(Query("[A-Z]{3}_IOCTL_[0-9a-f]+"), Kind.OTHER),
    Question(Query("^static int __init ext4_"), Kind.WORD),
    Question(Query(r"devm_.*_register\(.*dma"), Kind.OTHER),
    Question(Query(r"\w+_probe\(struct pci_dev"), Kind.WORD),
    Question(Query("->ops->get_"), Kind.WORD),
    Question(Query("qz"), Kind.NOTHING),
    Question(Query(r"\b[a-f0-9]{40}\b"), Kind.NOTHING),
    Question(Query(".*"), Kind.NOTHING),
    Question(Query("not_found_in_any_line"), Kind.WORD),
)
DENSE: Final = (
    Question(Query("e", is_literal=True), Kind.NOTHING),
    Question(Query("in", is_literal=True), Kind.NOTHING),
)
