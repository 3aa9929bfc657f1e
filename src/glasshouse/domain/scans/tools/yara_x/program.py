# SPDX-License-Identifier: Apache-2.0
"""Drives YARA-X over files: `program.py RULES… -- FILE…`, a line of JSON for each file; `program.py --version`.

It runs in the sandbox under the system's Python, beside the library that its folder holds.
"""

import json
import sys
from importlib import import_module, metadata
from pathlib import Path

MOST = 100
_SECONDS = 30


def main() -> None:
    """Compile the rules, each file of them for itself, and print what matches in each file."""
    sys.path.insert(0, str(Path(__file__).parent))
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"yara-x {metadata.version('yara-x')}\n")
        return
    yara_x = import_module("yara_x")
    stop = sys.argv.index("--")
    compiler = yara_x.Compiler()
    for number, place in enumerate(sys.argv[1:stop]):
        compiler.new_namespace(f"n{number}")
        compiler.add_source(Path(place).read_text("utf-8"))
    scanner = yara_x.Scanner(compiler.build())
    scanner.set_timeout(_SECONDS)
    for name in sys.argv[stop + 1 :]:
        try:
            found = scanner.scan(Path(name).read_bytes()).matching_rules
        except yara_x.TimeoutError:
            sys.stdout.write(json.dumps({"file": name, "timed_out": True, "rules": []}) + "\n")
            continue
        told = [
            {
                "rule": rule.identifier,
                "meta": {key: value for key, value in rule.metadata if isinstance(value, str | int)},
                "places": [[match.offset, match.length] for pattern in rule.patterns for match in pattern.matches][
                    :MOST
                ],
            }
            for rule in found
        ]
        sys.stdout.write(json.dumps({"file": name, "timed_out": False, "rules": told}) + "\n")


if __name__ == "__main__":
    main()
