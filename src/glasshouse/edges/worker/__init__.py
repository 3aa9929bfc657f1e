# SPDX-License-Identifier: Apache-2.0
"""The worker's process: it follows the journal, sequences the ledger, gives checkpoints out, and does jobs."""
