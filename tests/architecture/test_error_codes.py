# SPDX-License-Identifier: Apache-2.0
"""What programs and logs know a refusal by: one code each, its package first."""

import importlib
import pkgutil
import re
import sys
from collections import Counter
from collections.abc import Iterator

import glasshouse
from glasshouse.kernel import errors

FAMILIES = (errors.NotFoundError, errors.RefusedError, errors.InvalidError, errors.ConflictError)


def kinds(base: type[errors.GlasshouseError] = errors.GlasshouseError) -> Iterator[type[errors.GlasshouseError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def every_kind() -> list[type[errors.GlasshouseError]]:
    for module in pkgutil.walk_packages(glasshouse.__path__, "glasshouse."):
        if module.name.endswith(".errors"):
            importlib.import_module(module.name)
    return [kind for kind in kinds() if is_ours(kind) and kind not in FAMILIES]


def is_ours(kind: type[errors.GlasshouseError]) -> bool:
    """Say whether it is the class that its module holds now: other tests load some modules a second time."""
    module = sys.modules.get(kind.__module__)
    return kind.__module__.startswith("glasshouse.") and getattr(module, kind.__qualname__, None) is kind


def test_a_code_names_its_package_and_what_is_wrong() -> None:
    assert len(every_kind()) > 50
    odd = {kind.__qualname__: kind.code for kind in every_kind() if not re.fullmatch(r"[a-z]+\.[a-z-]+", kind.code)}
    assert not odd


def test_no_two_refusals_share_a_code() -> None:
    shared = {code for code, count in Counter(kind.code for kind in every_kind()).items() if count > 1}
    assert not shared


def test_every_name_of_a_refusal_says_that_it_is_one() -> None:
    assert not [kind.__qualname__ for kind in every_kind() if not kind.__qualname__.endswith("Error")]
