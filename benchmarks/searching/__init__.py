# SPDX-License-Identifier: Apache-2.0
"""The parts of `benchmarks.search`: what is asked, of whom, and on what ground."""
