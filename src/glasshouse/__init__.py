# SPDX-License-Identifier: Apache-2.0
"""Glasshouse: a security lab where source is seen through the glass and every showing is proved."""

__version__ = "0.1.0"
