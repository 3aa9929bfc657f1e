# SPDX-License-Identifier: Apache-2.0
"""Engineering quality of releases in numbers, narrowed to whoever asks.

Each document is read once for all releases, and a release reckoned once; both rest sealed under the product's key and
can be made again, so a backup leaves them out. A file that was not measured counts as not measured, never as clean.
"""
