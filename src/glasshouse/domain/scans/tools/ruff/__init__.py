# SPDX-License-Identifier: Apache-2.0
"""Ruff's group S: bandit's checks of Python sources, in Rust."""
