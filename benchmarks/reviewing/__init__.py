# SPDX-License-Identifier: Apache-2.0
"""What `benchmarks.readingroom` does: many people read at once, in browsers of their own."""
