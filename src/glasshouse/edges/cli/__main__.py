# SPDX-License-Identifier: Apache-2.0
"""`python -m glasshouse.edges.cli` is the glasshouse command."""

from glasshouse.edges.cli.main import main

main()
