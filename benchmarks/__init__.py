# SPDX-License-Identifier: Apache-2.0
"""Bars, one subject a module: each measures against a named peer in the same run and prints a table."""
