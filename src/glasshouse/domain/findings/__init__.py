# SPDX-License-Identifier: Apache-2.0
"""What was found in a product, where it stands, and what was said of it.

A *finding* has a severity, *places* (lines of a file's content, by digest) and a *state* that steps move; each step
has its reason, said in the finding's *thread*, whose clock follows the severity. The vendor confirms, disputes and
claims a fix; those who found it, or an independent assessor, verify it, and nobody else: a fix is never judged by
who made it. A finding never knows who found it: it names the engagement that its words are sealed for, and no person.

Invariants: nothing but a step of a person moves a state; title and words rest under the engagement's key, paths under
the product's; every step is journalled with what commits to its reason.

Commands: `raise_finding`, `take_step`, `comment`. Queries: `findings_of`, `finding_page`.
"""
