# SPDX-License-Identifier: Apache-2.0
"""GCC's -fanalyzer: paths through C on which memory, files and signals go wrong."""
