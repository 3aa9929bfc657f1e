# SPDX-License-Identifier: Apache-2.0
"""What the public may see. The only room whose queries take no viewer, and the only one the export asks."""
