# SPDX-License-Identifier: Apache-2.0
"""Questions and answers with clocks.

A *thread* is about something: lines of a release, or a finding. A visitor's word starts its *clock*; the vendor's
answer stops it. When the clock runs out first, the thread is *late* and *escalates*: whoever manages the lab hears of
it, and that it was late stays with both parties. Words rest sealed under the key of the engagement, which both its
parties may open and nobody else: the caller hands the sealer in. Who of the visitor's side may see a thread is the
engagement's matter: callers hand in the engagements that the viewer reaches.

Invariants: only the asking side closes; an answer never moves a clock that ran out; a deadline is a job, and a job
that comes twice or too late changes nothing.

Commands: `open_thread`, `reply`, `close`, `escalate`, and `start`, `say` for callers with a transaction of their own.
Queries: `threads_of`, `thread`, `messages`.
"""
