# SPDX-License-Identifier: Apache-2.0
"""Kingfisher: credentials that were left in files."""
