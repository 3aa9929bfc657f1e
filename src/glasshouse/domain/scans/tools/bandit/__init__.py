# SPDX-License-Identifier: Apache-2.0
"""Bandit: security checks of Python sources."""
