# SPDX-License-Identifier: Apache-2.0
"""Places where source is read: who may be where, when, at which machine, and who is there now.

A *site* is a house with a time zone, hours for each weekday, a purpose, a notice and a briefing in numbered versions.
It has *rooms*, a room has *workstations*. A *booking* gives a room, a custodian and, for each visitor, a workstation
for a span of quarter hours; each quarter hour of each of them is a *claim*, and no two claims are alike, so that
nothing is ever booked twice. An *arrival* is a visitor whom the custodian let in under a booking; it ends with the
departure. A workstation has a *key* that its custodian enrolled on that machine; a *seat* says which session asserted
it last. *Presence* is what arrival and seat prove about the session that asks.

Invariants: one claim a resource and quarter hour; one open arrival a person, a workstation, a locker; one live key
a workstation. Deliberately absent: numbers, copies or photographs of identity documents.
"""
