# SPDX-License-Identifier: Apache-2.0
"""No rows: what is public is derived from the rooms below, each time it is published."""
