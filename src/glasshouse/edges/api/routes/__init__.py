# SPDX-License-Identifier: Apache-2.0
"""The API's routes, by what they are about."""
