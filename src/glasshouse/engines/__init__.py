# SPDX-License-Identifier: Apache-2.0
"""Plain libraries: no Django, no sibling. A stranger could use each without our database."""
