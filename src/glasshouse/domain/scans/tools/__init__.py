# SPDX-License-Identifier: Apache-2.0
"""Analysers, one folder each: what the tool is, and pure functions from files to argv and from output to values.

Words: a *tool* is a program that the operator installs; a *unit* is the files that one start of it is given; an
*outcome* says for each file whether it was analysed. A tool that ended well has proved nothing: an adapter says
"analysed" only where the output shows that the tool parsed the file, and a file that nobody speaks of has crashed.

Adding a tool is a folder here and a line in `registry`; see docs/operating/tools.md.
"""
