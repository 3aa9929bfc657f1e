# SPDX-License-Identifier: Apache-2.0
"""From a customer's request to the closure of what came of it.

A *request* is what an organisation asks for: a review of a product or of a service, or tests that the lab runs. It is
*vetted* (does it fit, is anybody partial, what exactly is meant), a named officer takes the *export decision* on
product class, persons and places of reading, and two people open the *engagement*. An engagement has a frozen
*scope*: releases by digest, persons, depth, dates. Scope and *terms* (rules of engagement, non-disclosure) stand
together in an *agreement*, numbered, whose digest each named person signs with their passkey; a change of either is
another agreement and is signed again. *Clearance* is what a person's grant may rest on at a moment.

Invariants: no grant without an open engagement and a standing export decision; nobody reads what they have not signed
for; whoever vetted a request does not decide on its export; a request names a product in the customer's own words, and
its answer tells nothing of products that are not theirs; a refusal keeps its ground and its reason.

Commands: `request_engagement`, `withdraw_request`, `vet`, `refuse`, `decide_export`, `withdraw_export`,
`propose_opening`, `propose_amendment`, `publish_terms`, `renew_terms`, `prepare_signature`, `sign_terms`,
`close_engagement`.
Queries: `requests_of`, `request_page`, `engagements_of`, `engagement`, `engagement_page`, `clearance`, `tally`.
"""
