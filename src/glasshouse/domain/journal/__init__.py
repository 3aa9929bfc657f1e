# SPDX-License-Identifier: Apache-2.0
"""The journal: what was shown, run and decided, written with the change it tells of or not at all.

An *event* is one thing that happened. Its *fields* are of three classes: *shared* (both sides may open them),
*visitor* (only the visitor's organisation), *personal* (about a person, erasable). Each class has a random
*seed* per event; a field's *salt* comes from its seed, so that fields open singly and destroying a seed erases
what it covered while the tree still verifies. The *commitment* is the hash over the fields' salted hashes; it is
what enters the log. Events of an engagement form a *chain*: a running number and the previous commitment, so an
omission shows. An *outbox* row lives from the event's commit until a follower has dealt with it: never a
high-water mark, because ids commit out of order.

Invariants: events and leaves are never changed or removed (triggers refuse); only seeds may go, and only beside
an approved erasure; `record` runs inside the caller's transaction.
"""
