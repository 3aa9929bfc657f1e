# SPDX-License-Identifier: Apache-2.0
"""What the benchmark of scans needs: real code, the lab's scan as its own process, the same tools by hand, a peer."""
