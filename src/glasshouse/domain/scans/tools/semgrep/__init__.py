# SPDX-License-Identifier: Apache-2.0
"""Semgrep, for rules that somebody brings; none comes with this product."""
