# SPDX-License-Identifier: Apache-2.0
"""Engineering quality of source as numbers: unsafe calls, silenced warnings, hardening of the build, duplicates.

They are those that the UK's evaluation centre for Huawei published. `reading.facts_of` reads one document by itself
and says what is in it, so that the same content is read once for all releases; `reckoning.reckon` puts what is known of
all documents of a release together, because a name means what another file defines it to mean. Both read hostile bytes
with patterns that are linear in them, and call nothing.
"""
