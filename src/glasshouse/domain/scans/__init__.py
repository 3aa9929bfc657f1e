# SPDX-License-Identifier: Apache-2.0
"""Scans: analysers run over a release, with every unit accounted for.

`tools` knows the analysers: what each reads, how it is started, what its words mean. It holds no row and decides
nothing about findings; that is the room below.
"""
