# SPDX-License-Identifier: Apache-2.0
"""`python -m glasshouse.edges.export --to FOLDER`: write the public site."""

import argparse
import sys
from pathlib import Path

import django


def main(arguments: list[str] | None = None) -> int:
    """Write the site and print the names of its files."""
    parser = argparse.ArgumentParser(prog="glasshouse publish", description=__doc__)
    parser.add_argument("--to", type=Path, required=True, help="the folder to write; an older site there is replaced")
    chosen = parser.parse_args(arguments)
    django.setup()
    from glasshouse.edges.export.site import write_site  # noqa: PLC0415 -- models load after setup

    sys.stdout.write("\n".join(write_site(chosen.to)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
