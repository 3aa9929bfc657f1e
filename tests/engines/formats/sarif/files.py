# SPDX-License-Identifier: Apache-2.0
"""SARIF files of one run, as tools write them and as they should not."""

import io
import json
from typing import Any

from glasshouse.engines.formats import sarif


def log(*results: Any, rules: Any = (), **run: Any) -> dict[str, Any]:
    """A file with one run."""
    told = {"tool": {"driver": {"name": "tool", "rules": list(rules)}}, "results": list(results)} | run
    return {"version": "2.1.0", "runs": [told]}


def result(rule: str = "R1", text: str = "said", **more: Any) -> dict[str, Any]:
    return {"ruleId": rule, "message": {"text": text}} | more


def at(uri: str, line: int = 1, **more: Any) -> dict[str, Any]:
    """A location."""
    return {"physicalLocation": {"artifactLocation": {"uri": uri} | more, "region": {"startLine": line}}}


def opened(told: Any, **options: Any) -> sarif.Log:
    content = told if isinstance(told, bytes) else json.dumps(told).encode()
    return sarif.read(io.BytesIO(content), **options)


def results_of(told: Any, **options: Any) -> list[sarif.Result]:
    return [one for _, one in opened(told, **options).results()]


def only(told: Any, **options: Any) -> sarif.Result:
    (one,) = results_of(told, **options)
    return one
