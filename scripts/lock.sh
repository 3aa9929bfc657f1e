#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes requirements/*.txt: exact versions with the hash of every file, and no index's address. The later locks are
# bound by the earlier ones, so that a lab and its tests run the same libraries. Analysers have a lock each, bound by
# nothing: they are programs of their own.
set -eu
cd "$(dirname "$0")/../requirements"
export UV_CUSTOM_COMPILE_COMMAND="make lock"
uv=$(pwd -P)/../.venv/bin/uv
compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links "$@"
}
compile base.in --output-file base.txt "$@"
compile build.in --constraints base.txt --output-file build.txt "$@"
compile dev.in --constraints base.txt --constraints build.txt --output-file dev.txt "$@"
for folder in ../src/glasshouse/domain/scans/tools/*/; do
    [ ! -e "$folder/lock.in" ] || (cd "$folder" && compile lock.in --output-file lock.txt "$@")
done
# Packages of npm, with hashes and without where they come from; npm is asked for only here, set-up brings its own.
for folder in ../src/glasshouse/domain/scans/tools/*/; do
    [ ! -e "$folder/package.json" ] || (cd "$folder" && npm install --package-lock-only --ignore-scripts --no-audit \
        --no-fund --omit=optional --omit-lockfile-registry-resolved)
done
