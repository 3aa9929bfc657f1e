# SPDX-License-Identifier: Apache-2.0
"""The grammars of all languages, by what they have in common; every `Language` has one."""

from functools import cache

from glasshouse.engines.codeindex.grammar import Scanner
from glasshouse.engines.codeindex.grammars import c_family, notations, scripts, systems
from glasshouse.engines.codeindex.languages import Language

GRAMMARS = c_family.GRAMMARS | scripts.GRAMMARS | systems.GRAMMARS | notations.GRAMMARS


@cache
def scanner(language: Language) -> Scanner:
    """Return the scanner of a language, compiled once a process."""
    return Scanner(GRAMMARS[language])
