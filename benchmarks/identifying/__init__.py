# SPDX-License-Identifier: Apache-2.0
"""What the benchmark of identity needs: real releases, findings of real analysers in them, a referee, other schemes."""
