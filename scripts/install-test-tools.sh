#!/bin/sh
# Programs that tests use where they are there, and are skipped without: promtool, which judges the metrics.
# Taken out of Debian's package into the environment: nothing is installed system-wide, no service is started.
set -eu

cd "$(dirname "$0")/.."
bin=${1:-.venv/bin}

if command -v promtool >/dev/null 2>&1 || [ -x "$bin/promtool" ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-deb >/dev/null 2>&1; then
    echo "promtool: no apt-get here; the tests that need it will be skipped" >&2
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fetch() {
    (cd "$work" && apt-get download -qq -o APT::Sandbox::User=root prometheus) >"$work/log" 2>&1
}
refresh() {
    [ "$(id -u)" = 0 ] && apt-get update -qq >>"$work/log" 2>&1
}
if (fetch || { refresh && fetch; }) && dpkg-deb -x "$work"/prometheus_*.deb "$work/tree"; then
    install -m 755 "$work/tree/usr/bin/promtool" "$bin/promtool"
    echo "promtool: installed in $bin"
else
    echo "promtool: the package prometheus cannot be had; the tests that need it will be skipped" >&2
    sed 's/^/  /' "$work/log" >&2
fi
