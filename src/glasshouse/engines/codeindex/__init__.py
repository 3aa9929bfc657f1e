# SPDX-License-Identifier: Apache-2.0
"""Source as people read it: colour today; search and symbols will stand here too, scope a required argument of both.

`colour.colour` turns the bytes of some lines into tokens with a role each. The bytes are hostile: nothing here
raises on any of them, all work is bounded, and no character that a screen would hide or reorder goes unmarked.
"""
