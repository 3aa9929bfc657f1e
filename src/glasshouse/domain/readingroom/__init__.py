# SPDX-License-Identifier: Apache-2.0
"""Where source is seen: engagements, visits, views.

An *engagement* is one organisation looking at one product; its events are numbered from 1 and chained. A *visit*
is one person's stay, from opening to a close that their passkey signs. A *view* is something shown: lines of a
file, a folder, the changes between two releases. A *receipt* is a visit's views with their proofs. A *saved search*
runs between visits on each newer release that its holder may read; it tells counts, and lapses with its grant.

Invariants: nothing leaves a command of this room before the entry that tells of it is durable; a view is charged
and recorded in one transaction; the stated digest is over exactly the bytes that are shown.

Commands: `propose_grant`, `decide`, `revoke_grant`, `ask_for_more`, `resume_grant`, `propose_erasure`,
`propose_shredding`, `begin_visit`, `open_file`, `open_facts`, `open_folder`, `open_left_out`, `open_changes`,
`open_difference`, `prepare_close`, `close_visit`, `make_receipt`.
Queries: `desk` (grants that I hold with their releases), `room` (one grant and release with budget), `record_of`
(what I was shown), `seal_of` (has the tree got it), `proof_of` (what proves it),
`proposals.proposal_page` (what is decided).
"""
