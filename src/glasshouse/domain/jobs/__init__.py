# SPDX-License-Identifier: Apache-2.0
"""Asked-for work: one row a piece, in the database that is backed up anyway.

A worker *claims* a job by a conditional UPDATE, holds a *lease* that its *heartbeat* renews, and answers with the
*fencing token* of its claim: a worker that was paused and comes back with an old token changes nothing. A job
that kills its worker is claimed again until its attempts are used up; then it has failed, and says so.
A job's arguments are uids and numbers, never source text.
"""
