# SPDX-License-Identifier: Apache-2.0
"""Decisions that one person alone may not take.

A *proposal* states what is to happen as canonical bytes; a *decision* is one person's word on exactly those
bytes. A *policy* says which roles decide, how many must agree, and what an agreement must name. Nobody decides
on their own proposal or to their own benefit; one refusal ends a proposal.
"""
