# SPDX-License-Identifier: Apache-2.0
"""Views, by what a person is doing: coming in, keeping their ways in, being at home."""
