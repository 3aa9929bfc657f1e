# SPDX-License-Identifier: Apache-2.0
"""ESLint with its plug-in for security: JavaScript and TypeScript."""
