# SPDX-License-Identifier: Apache-2.0
"""Products and their frozen releases.

A *product* has a key of its own; destroying it destroys the product's source. A *release* is a manifest: any
change is another release. *Intake* brings one in from a directory, an archive or a git repository, whole or not
at all; what it left out is part of the manifest. A *window* is some lines of one file, verified by digest; an
*opaque id* stands for a path or a blob wherever a row needs to name one.
"""
