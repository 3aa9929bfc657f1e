#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what Glasshouse needs, from a bare Debian 12 machine with Python 3.11: system packages where the user may
# (else one line to paste), then .venv with every library at the exact bytes of requirements/*.txt, then the commands
# glasshouse, glasshouse-verify and glasshouse-witness. `setup.sh tests` adds what the checks and the tests need, the
# analysers that they run among it.
# A second run changes nothing and takes a fraction of a second.
set -eu
cd "$(dirname "$0")/.."
here=$(pwd -P)
profile=${1:-lab}

has() { command -v "$1" >/dev/null 2>&1; }
has_file() { [ -e "$1" ]; } # called with a pattern: the shell expands it, the first match counts

find_python() {
    for name in python3.11 python3 python3.12 python3.13; do
        if "$name" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
}

# Debian's packages of which something is missing, asked of the thing and not of dpkg: a machine may have it otherwise.
missing_packages() {
    [ -n "$(find_python)" ] || echo python3 python3-venv
    has git || echo git
    has xz || echo xz-utils
    has bwrap || echo bubblewrap
    ctags --version 2>/dev/null | grep -q '^Universal' || echo universal-ctags
    has_file /usr/lib/*/libseccomp.so.2 || echo libseccomp2
    [ "$profile" = tests ] || return 0
    has initdb || has_file /usr/lib/postgresql/*/bin/initdb || echo postgresql
    has chromium || echo chromium
    has rg || echo ripgrep
    has_file /usr/lib/*/libatomic.so.1 || echo libatomic1
    has_file /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf || echo fonts-dejavu-core
    # Analysers that come with the system; a lab's operator chooses which it wants.
    has shellcheck || echo shellcheck
    has cppcheck || echo cppcheck
    has gcc-12 || echo gcc-12
    has clang-19 || echo clang-19
    has clang-tidy-19 || echo clang-tidy-19
    has_file /usr/include/stdlib.h || echo libc6-dev
}

install_packages() {
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif has sudo && sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    else
        as_root=no
    fi
    if [ "$as_root" = no ] || ! has apt-get; then
        echo "Install the system packages that are missing, then run make again:" >&2
        echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends $*" >&2
        exit 1
    fi
    echo "Installing system packages: $*"
    # shellcheck disable=SC2086 # as_root is a prefix of words, or nothing
    $as_root apt-get update -qq
    # shellcheck disable=SC2086 # the same
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

packages=$(missing_packages)
if [ -n "$packages" ]; then
    # shellcheck disable=SC2086 # one word a package
    install_packages $packages
    packages=$(missing_packages)
    if [ -n "$packages" ]; then
        echo "Installed, yet still not found: $(echo "$packages" | tr '\n' ' ')" >&2
        exit 1
    fi
fi

locks="requirements/build.txt requirements/base.txt"
analysers=
if [ "$profile" = tests ]; then
    locks="$locks requirements/dev.txt"
    analysers=$(echo src/glasshouse/domain/scans/tools/*/lock.txt src/glasshouse/domain/scans/tools/*/program.* \
        src/glasshouse/domain/scans/tools/*/package-lock.json)
fi
# An environment holds absolute paths: one that was moved, or whose Python is gone, is made anew.
if ! .venv/bin/python -c 'import sys' 2>/dev/null || [ "$(cat .venv/.here 2>/dev/null || echo "$here")" != "$here" ]; then
    rm -rf .venv
    "$(find_python)" -m venv .venv
fi
echo "$here" >.venv/.here
# shellcheck disable=SC2086 # one word a lock
wanted=$( (.venv/bin/python -V && cat $locks $analysers pyproject.toml verifier/pyproject.toml) | sha256sum)
stamp=.venv/.installed-$profile
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    [ "$profile" = tests ] || echo "Ready: .venv/bin/glasshouse"
    exit 0
fi

.venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
pip() { .venv/bin/python -m pip --disable-pip-version-check --quiet "$@"; }
for lock in $locks; do
    echo "Installing $lock"
    pip install --require-hashes --no-deps -r "$lock"
done
# Built by the locked builder that now lies in .venv, so that nothing unlocked runs and no index is asked.
pip install --no-deps --no-build-isolation --no-index --editable . --editable ./verifier
if [ -n "$analysers" ]; then
    echo "Installing analysers"
    for place in $analysers; do
        name=$(basename "$(dirname "$place")" | tr _ -)
        .venv/bin/glasshouse tools install "$name" >/dev/null
    done
fi
echo "$wanted" >"$stamp"
echo "Ready: .venv/bin/glasshouse"
