# SPDX-License-Identifier: Apache-2.0
"""The glasshouse command. Local acts of the operator run here; a person's acts go over HTTP under their grants.

Exit codes: 0 done; 1 a bug or a damaged lab; 2 can never succeed as asked; 3 refused; 4 not found; 5 try later.
"""
