# SPDX-License-Identifier: Apache-2.0
"""The one place where clocks are looked at: what waits for somebody, when they are reminded, who hears that it is late.

A *call* is one stage of one clock: a reminder to whoever has the next step, or an escalation to those after them. It
is made once, however often and by whomever the clocks are looked at. Nothing is remembered but that: every look asks
the rows themselves what waits, so that a clock set forward calls early, one set back calls nobody twice, and neither
loses a call.

Commands: `look`. Queries: `calls`, `overdue`.
"""
