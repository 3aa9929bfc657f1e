# SPDX-License-Identifier: Apache-2.0
"""The ledger: a Merkle log in C2SP form, its checkpoints, witnesses and proofs, and what its leaves commit to.

A plain library; it knows no database, no network and no clock. Times are seconds since the epoch, as arguments.

- `log.Log`: commitments on a disk, appended durably by one sequencer, proved and audited by any reader.
- `signer.Signer`: the process that holds the log's key and signs proven extensions of its own last state.
- `witnessing`: what is said to a witness and heard from it. `policies.Policy`: whose word is enough.
- `checkpoints.Checkpoint`, `notes.Note`, `proofs.TlogProof`: the C2SP texts, each with one spelling.
- `commitments`: an event's fields under salts, openings, promises. `dsse`: signed statements.
- `merkle`, `tiles`: RFC 6962 hashing and proofs; where tiles lie. `audits`: every file recomputed.

Invariants: what parses is exactly what would be written; a text is used only after its signature; nothing is
acknowledged before it is on the disk; nothing is signed that does not extend what was signed.
"""
