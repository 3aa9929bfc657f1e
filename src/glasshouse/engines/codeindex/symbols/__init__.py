# SPDX-License-Identifier: Apache-2.0
"""Names and where they are defined: found by universal-ctags, kept in sealed columns, asked within a scope.

Words: a *document* is the content of one file, read as one kind of source; a *symbol* is a name that it defines; an
*outline* is a document's symbols in order, with the *gap* that tells what is missing; a *table* is an immutable set of
outlines with an index of their names; a *scope* is the set of contents that a question may be answered from.

Everything the tool prints is the word of a hostile file: it is checked, capped, and never evaluated. A document that
breaks the tool loses its own symbols and nobody else's, and says why. A tool that says nothing is a failure, never an
outline without symbols.
"""
