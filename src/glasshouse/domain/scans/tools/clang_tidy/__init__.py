# SPDX-License-Identifier: Apache-2.0
"""clang-tidy's groups cert and bugprone: C and C++ that is likely a mistake."""
