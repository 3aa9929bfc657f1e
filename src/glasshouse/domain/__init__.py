# SPDX-License-Identifier: Apache-2.0
"""The rooms of the lab, one Django app per idea; each may import those listed below it in pyproject.toml."""
