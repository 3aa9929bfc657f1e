# SPDX-License-Identifier: Apache-2.0
"""Settings, URL table, WSGI entry, journal followers. May import everything; nothing imports it."""
