# SPDX-License-Identifier: Apache-2.0
"""What a person should look at: an inbox of notices without content.

A *notice* says that something of a kind happened to an object, and where it stands; never what it says. Its *route*
names the page, its *subject* is the object that the page is of. It is written in the transaction of what it tells of:
nobody hears of what did not happen. Whoever opens the page is judged there; a notice opens nothing.

Where the lab has a mail server, a notice is mailed too: that something waits, and of how broad a kind (`mailing`).

Commands: `tell`, `tell_once`, `see`, `see_all`, `set_mail`. Queries: `inbox`, `unseen`, `outbox`.
"""
