# SPDX-License-Identifier: Apache-2.0
"""Structural search: a piece of code with holes, matched against the syntax of documents by ast-grep.

The tool parses hostile source with generated parsers, so it runs elsewhere, behind walls, on batches of documents under
names of ours. What it prints is read as hostile. A document that breaks it costs that document its answer, and nobody
else's; it is told as not analysed, which is not the same as no match.
"""
