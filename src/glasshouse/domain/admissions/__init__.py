# SPDX-License-Identifier: Apache-2.0
"""What visitors bring into the lab, and by whose word it may be used here.

A visitor of an open engagement *hands in* a rule pack or a tool. It is *tried* in the sandbox by the tool that it is
for, and a custodian *admits* or *refuses* it by digest, for a reason, within a clock. What was admitted is used in
scans by its visitor's organisation, until it is withdrawn or the engagement is over.

Invariants: what was brought rests under a key of its organisation and is opened by the worker alone, to be tried or
run; nobody of the vendor is told its name or reads a line of it; a decision names the bytes that were tried; what is
refused, withdrawn or over is removed, its digest stays.

Commands: `hand_in`, `admit`, `refuse`, `withdraw`, `attempt`, `end_over`. Queries: `brought_of`, `brought`,
`admitted`, `usable`, `opened`.
"""
