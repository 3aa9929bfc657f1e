#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes requirements/*.txt: exact versions with the hash of every file, and no index's address. The later locks are
# bound by the earlier ones, so that a lab and its tests run the same libraries.
set -eu
cd "$(dirname "$0")/../requirements"
export UV_CUSTOM_COMPILE_COMMAND="make lock"
compile() {
    ../.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links "$@"
}
compile base.in --output-file base.txt "$@"
compile build.in --constraints base.txt --output-file build.txt "$@"
compile dev.in --constraints base.txt --constraints build.txt --output-file dev.txt "$@"
