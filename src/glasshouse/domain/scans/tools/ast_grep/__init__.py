# SPDX-License-Identifier: Apache-2.0
"""ast-grep with rules of our own: SEI CERT C rules that a pattern can show, and signs of back doors."""
