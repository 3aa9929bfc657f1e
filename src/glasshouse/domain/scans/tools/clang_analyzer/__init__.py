# SPDX-License-Identifier: Apache-2.0
"""Clang's static analyzer: paths through C and C++ on which something goes wrong."""
