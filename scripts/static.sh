#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Everything that is checked without running the product; stops at the first complaint.
set -eu
cd "$(dirname "$0")/.."
PATH="$(pwd)/.venv/bin:$PATH"
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
export GLASSHOUSE_HOME="$home" GLASSHOUSE_KEYS="$home/keys" GLASSHOUSE_DATABASE="sqlite:///$home/lab.sqlite3"

ruff format --check --quiet "$@" || { ruff format --check "$@"; exit 1; }
ruff check --quiet "$@"
mypy --no-error-summary "$@"
lint-imports --no-logo >"$home/contracts" 2>&1 || { cat "$home/contracts"; exit 1; }
DJANGO_SETTINGS_MODULE=glasshouse.config.settings django-admin makemigrations --check --dry-run
echo "Format, lint, types, import contracts and migrations: no complaint"
