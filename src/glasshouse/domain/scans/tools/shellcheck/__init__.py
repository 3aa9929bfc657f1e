# SPDX-License-Identifier: Apache-2.0
"""ShellCheck: bugs and quoting in shell scripts."""
