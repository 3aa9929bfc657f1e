# SPDX-License-Identifier: Apache-2.0
"""What tools say of releases, and which of it is the same thing seen again.

A *report* is what one tool said of one release, as it was taken in; a *detection* is one thing that a tool found,
which keeps its identity while code moves; a *standing* is where a detection stands as of a report: seen there, or
known from before and not seen again. Reports are only ever added to, so that two of them can always be compared.

Invariants: a report is there whole or not at all; silence closes nothing, for a detection is *absent* only where the
tool really looked, and otherwise *unknown*; suppressions in the source are noted and never obeyed; no path, message or
key that derives from source rests in the database: details lie sealed in the report's pack, paths are opaque ids.

Commands: `take_reports`. Queries: `reports_of`, `tally`, `difference`.
"""
