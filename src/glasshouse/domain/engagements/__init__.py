# SPDX-License-Identifier: Apache-2.0
"""From a customer's request to the closure of what came of it."""
