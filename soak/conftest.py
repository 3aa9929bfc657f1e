# SPDX-License-Identifier: Apache-2.0
"""The soak stands on the suite's own ground: both databases, started the same way."""

pytest_plugins = ["tests.conftest"]
