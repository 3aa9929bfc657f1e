# SPDX-License-Identifier: Apache-2.0
"""Ways in. Siblings never import each other; they share http."""
