# SPDX-License-Identifier: Apache-2.0
"""Formats of the trade, read as hostile and written exactly: each a package with frozen values of its own."""
