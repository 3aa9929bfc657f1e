# SPDX-License-Identifier: Apache-2.0
"""The values every stratum shares: digests, ids, paths, line spans, time, errors. Standard library only."""
