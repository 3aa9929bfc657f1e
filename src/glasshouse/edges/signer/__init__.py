# SPDX-License-Identifier: Apache-2.0
"""The signer's process: it alone reads the log's key, and signs nothing but what extends its own last state.

It knows no database and no Django, so that it can run as a user of its own.
"""
