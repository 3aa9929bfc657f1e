# SPDX-License-Identifier: Apache-2.0
"""REST v1: what the pages show and do, for programs; the OpenAPI document lists it.

Two ways in. A *session* is a person's own: a terminal gets one by device sign-in, approved in the browser. It
works under the person's grants and budgets, and each of its calls bears the header `X-Glasshouse`, which a page of
another origin cannot send. A *token* reads a little, ends, and never carries source: a route that returns names,
lines or openings of source takes the session only, and refuses a token with 403.
"""
