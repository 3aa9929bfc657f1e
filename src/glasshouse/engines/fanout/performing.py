# SPDX-License-Identifier: Apache-2.0
"""What a worker does with an order: find the function, run it on each unit, answer for each."""

import importlib
import re
import threading
import time
import traceback
from collections.abc import Callable, Collection
from typing import Final

from glasshouse.engines.fanout.errors import FunctionNotAllowedError
from glasshouse.engines.fanout.fetching import Line, Source
from glasshouse.engines.fanout.orders import Answer, read_order, write_answers
from glasshouse.engines.fanout.values import Kind, Unit
from glasshouse.kernel.errors import GlasshouseError

UNITS: Final = "units"
VALUE_BYTES: Final = 64 * 2**20
ANSWER_BYTES: Final = 128 * 2**20  # an order that has gathered so much leaves its other units for another
_REASON_CHARS: Final = 500
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

Function = Callable[[Unit, Source], bytes]


def named(name: str, packages: Collection[str]) -> Function:
    """Return the function of a name such as `glasshouse.domain.scans.units:analyse`.

    Only a public function that a module `units` below one of these packages defines itself. This keeps a mistaken or
    stale name from running anything; it is no wall against who holds a credential of the cluster.
    """
    module_name, _, function_name = name.partition(":")
    words = module_name.split(".")
    is_below = any(module_name.startswith(f"{package}.") for package in packages)
    if not is_below or words[-1] != UNITS or not all(_WORD.fullmatch(word) for word in (*words, function_name)):
        raise FunctionNotAllowedError("Not the name of a unit's function.")
    try:
        found = getattr(importlib.import_module(module_name), function_name, None)
    except ImportError as error:
        raise FunctionNotAllowedError(f"The module of a unit's function cannot be imported: {module_name}") from error
    if not callable(found) or getattr(found, "__module__", "") != module_name:
        raise FunctionNotAllowedError("No function of a module of units.")
    function: Function = found
    return function


def perform(told: bytes, line: Line, packages: Collection[str], cancel: threading.Event) -> bytes:
    """Run an order's units one after the other and answer for each; nothing that they raise comes through.

    What was not begun, because the order was called off or its values grew large, is answered as cancelled.
    """
    order = read_order(told)
    source = Source(order.desk, line, cancel)
    answers: list[Answer] = []
    gathered = 0
    for unit in order.units:
        if cancel.is_set() or gathered > ANSWER_BYTES:
            answers.append(Answer(Kind.CANCELLED, b"", "", 0.0))
            continue
        begun = time.perf_counter()
        try:
            value = named(order.function, packages)(unit, source)
            kind, value, reason = _checked(value)
        except BaseException as error:  # noqa: BLE001 -- a unit that calls sys.exit fails like any other
            kind, value, reason = Kind.FAILED, b"", reason_of(error)
        answers.append(Answer(kind, value, reason, time.perf_counter() - begun))
        gathered += len(value)
    return write_answers(answers)


def _checked(value: object) -> tuple[Kind, bytes, str]:
    if not isinstance(value, bytes):
        return Kind.FAILED, b"", f"the function returned {type(value).__name__}, not bytes"
    if len(value) > VALUE_BYTES:
        return Kind.FAILED, b"", f"the value has {len(value)} bytes, more than {VALUE_BYTES}"
    return Kind.DONE, value, ""


def reason_of(error: BaseException) -> str:
    """Say why a unit failed without a word of what it read.

    Our own errors carry no source text and keep their message. The message of any other may quote what was parsed: its
    type and its place in the code are told instead.
    """
    if isinstance(error, GlasshouseError):
        return f"{error.code}: {error.message}"[:_REASON_CHARS]
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__module__}.{type(error).__qualname__}{place}"[:_REASON_CHARS]
