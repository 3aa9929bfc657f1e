# SPDX-License-Identifier: Apache-2.0
"""Who may look at what, until when, and how much of it.

A *grant* lets one person use named releases of a product: path *patterns*, a window of time, *purposes* (read,
search, tools, documents), *conditions* (sites, a workstation, a second person). *Terms* are a grant as a value that
rules judge. A *budget* counts distinct lines per hour, day, visit and in all, for the grant, its holder and the
holder's organisation together; a line *seen* before is free, and a line that was found counts as one that was read.
The *trail* is how the last new lines were come by; where it looks like copying, the grant is *paused* until a
custodian resumes it. Releases are named by uid and root digest, so that every room above may ask.

Invariants: a grant is opened, and its budget raised, by an agreed proposal; its end takes effect at the next request;
no number of parallel requests exceeds a budget by one line, because one guarded UPDATE decides.
"""
