# SPDX-License-Identifier: Apache-2.0
"""The searcher: holds the index and the plain text of every product in memory, and answers the web on a socket.

Plain text is in this process alone, within a budget; what is over it is read and decrypted again when it is needed,
with the same answers. It learns of new segments by itself, forgets a product the moment its key is destroyed, and
reports a segment that was changed. Searches take turns, so that nobody's long one holds up another's short one.
"""
