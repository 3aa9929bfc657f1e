# SPDX-License-Identifier: Apache-2.0
"""Cppcheck: undefined behaviour in C and C++."""
