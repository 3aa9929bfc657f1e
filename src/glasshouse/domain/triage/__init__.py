# SPDX-License-Identifier: Apache-2.0
"""What people say of what tools found.

A *verdict* is one person's word on detections, or on all of a rule under some paths: a state with its reason, for a
time or for good. It speaks for a *side*: the product's owner, the vendor's assessor, or a visitor's organisation. Each
side has an *opinion* of its own, and where it stands is worked out of its verdicts anew each time: nothing keeps it.
A *cluster* links what several tools say of the same lines; each of them stays what it is.

Invariants: verdicts are only ever added, and the database refuses to change one; no side's word changes another's
opinion; a visitor's verdict is its organisation's until it is shared with the vendor; whoever claims a fix never
verifies one; a suppression in the source is a proposal, and counts for nothing until a person takes it up; a verdict
hangs on the detection and so follows it through releases, and where its lines changed it asks for another look.

Commands: `judge`, `judge_rule`, `link`. Queries: `standings`, `tally`, `opinions`, `history`, `clusters_of`.
"""
