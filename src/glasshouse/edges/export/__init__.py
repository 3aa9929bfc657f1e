# SPDX-License-Identifier: Apache-2.0
"""The public site, written as static files: no sign-in, no database path from outside, nothing to attack.

It asks `domain.publication` and nothing else, so what is not there cannot become public.
"""
