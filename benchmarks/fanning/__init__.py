# SPDX-License-Identifier: Apache-2.0
"""What the benchmark of the fan-out runs as units."""
