# SPDX-License-Identifier: Apache-2.0
"""YARA-X: signs in bytes of any kind, by a few rules of our own or those that somebody brought."""
