#!/bin/sh
# QuickFIX for the tests that drive the venue with it, in environments of its own under .venv/tools/:
#   quickfix      1.16, compiled from source in some three minutes on two cores; pip keeps the wheel in its cache, so
#                 that it is compiled once on a machine
#   quickfix-ssl  1.15.1 with TLS, ready made
# What can't be had is said; the tests that need it are skipped then.
set -eu
cd "$(dirname "$0")/.."
tools=${1:-.venv/tools}
export PYTHON="${PYTHON:-$PWD/.venv/bin/python}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

have() {
    "$tools/$1/bin/python" -c 'import quickfix' 2>/dev/null
}

# ENVIRONMENT PIP-OPTION ...
pip() {
    python=$tools/$1/bin/python
    shift
    [ -x "$python" ] || scripts/make-venv.sh "$(dirname "$(dirname "$python")")" || return
    "$python" -m pip install --disable-pip-version-check --require-hashes "$@"
}

compiled() {
    # Without isolation, or pip would hide scripts/parallel_build from it. A wheel for tests needs no debugging symbols,
    # which cost half of the time.
    pip quickfix -r tests/tools/build.txt &&
        CFLAGS='-O2 -g0' PYTHONPATH=$PWD/scripts/parallel_build \
            pip quickfix --no-build-isolation --use-pep517 -r tests/tools/quickfix.txt
}

ready_made() {
    pip quickfix-ssl --only-binary :all: -r tests/tools/quickfix-ssl.txt
}

# NAME COMMAND
install() {
    have "$1" && return
    rm -rf "${tools:?}/$1"
    started=$(date +%s)
    if "$2" >"$log" 2>&1 && have "$1"; then
        echo "$1: installed in $tools/$1 in $(($(date +%s) - started)) s"
    else
        rm -rf "${tools:?}/$1"
        echo "$1: cannot be installed; the tests that need it will be skipped" >&2
        tail -5 "$log" | sed 's/^/  /' >&2
    fi
}

install quickfix-ssl ready_made
install quickfix compiled
