# SPDX-License-Identifier: Apache-2.0
"""Signs in text that no grammar is needed for: what a reader sees is not what a machine reads, and accounts."""
