#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Everything that is checked without running the product. All checks run, so that one look shows all complaints.
set -u
cd "$(dirname "$0")/.." || exit 1
PATH="$(pwd)/.venv/bin:$PATH"
home=$(mktemp -d) || exit 1
trap 'rm -rf "$home"' EXIT
export GLASSHOUSE_HOME="$home" GLASSHOUSE_KEYS="$home/keys" GLASSHOUSE_DATABASE="sqlite:///$home/lab.sqlite3"

failed=
check() {
    name=$1
    shift
    if "$@" >"$home/output" 2>&1; then
        echo "$name: no complaint"
    else
        cat "$home/output"
        failed="$failed $name"
    fi
}

check format ruff format --check "$@"
check lint ruff check "$@"
check types mypy "$@"
check contracts lint-imports --no-logo
check migrations django-admin makemigrations --settings glasshouse.config.settings --check --dry-run
[ -z "$failed" ] || { echo "Complaints:$failed" >&2; exit 1; }
