#!/bin/sh
# Programs that tests use where they are there, and are skipped without. Nothing is installed system-wide, no service is
# started: Debian's packages are unpacked, Python's go into environments of their own, all under .venv/.
#   promtool   judges the metrics (in the environment's bin/)
#   tshark     reads captured sessions
#   atheris    fuzzes with coverage
#   quickfix   plays brokers: scripts/install-quickfix.sh
set -eu

cd "$(dirname "$0")/.."
bin=${1:-.venv/bin}
tools=.venv/tools
# make-venv.sh makes environments of the same Python as the venue's.
export PYTHON="$PWD/$bin/python"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

missing() {
    echo "$1: $2; the tests that need it will be skipped" >&2
    [ ! -s "$work/log" ] || tail -5 "$work/log" | sed 's/^/  /' >&2
}

# Debian's package $1, as a file in $work/$1; with "and needed" those too that it needs and the machine lacks. As nothing
# gets installed, every user may do that.
fetch() {
    mkdir -p "$work/$1"
    names=$1
    if [ "${2:-}" = "and needed" ]; then
        names=$(LC_ALL=C apt-get install --simulate --no-install-recommends "$1" 2>>"$work/log" | awk '/^Inst/ {print $2}')
    fi
    # shellcheck disable=SC2086
    [ -n "$names" ] && (cd "$work/$1" && apt-get download -qq -o APT::Sandbox::User=root $names) >>"$work/log" 2>&1
}
refresh() {
    [ "$(id -u)" = 0 ] && apt-get update -qq >>"$work/log" 2>&1
}
unpacked() {
    if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-deb >/dev/null 2>&1; then
        missing "$1" "no apt-get here"
        return 1
    fi
    : >"$work/log"
    if ! { fetch "$@" || { refresh && fetch "$@"; }; }; then
        missing "$1" "Debian's package cannot be had"
        return 1
    fi
    for package in "$work/$1"/*.deb; do
        dpkg-deb -x "$package" "$work/$1/tree"
    done
}

if ! command -v promtool >/dev/null 2>&1 && [ ! -x "$bin/promtool" ] && unpacked prometheus; then
    install -m 755 "$work/prometheus/tree/usr/bin/promtool" "$bin/promtool"
    echo "promtool: installed in $bin"
fi

if ! command -v tshark >/dev/null 2>&1 && [ ! -x "$tools/tshark/run" ] && unpacked tshark "and needed"; then
    rm -rf "$tools/tshark"
    mkdir -p "$tools"
    mv "$work/tshark/tree" "$tools/tshark"
    cat >"$tools/tshark/run" <<'RUN'
#!/bin/sh
# tshark with the libraries and data that were unpacked beside it.
here=$(cd "$(dirname "$0")" && pwd)
LD_LIBRARY_PATH=$(printf %s: "$here"/usr/lib/*-linux-gnu "$here"/lib/*-linux-gnu)${LD_LIBRARY_PATH:-}
WIRESHARK_DATA_DIR=$here/usr/share/wireshark
WIRESHARK_PLUGIN_DIR=$(echo "$here"/usr/lib/*-linux-gnu/wireshark/plugins)
export LD_LIBRARY_PATH WIRESHARK_DATA_DIR WIRESHARK_PLUGIN_DIR
# It does not believe root's environment, and finds no Lua then: root is nobody in a user namespace of its own.
if [ "$(id -u)" = 0 ] && unshare --user true 2>/dev/null; then
    exec unshare --user "$here/usr/bin/tshark" "$@"
fi
exec "$here/usr/bin/tshark" "$@"
RUN
    chmod +x "$tools/tshark/run"
    # Debian has Lua's start-up file in /etc.
    ln -sfn ../../../etc/wireshark/init.lua "$tools/tshark/usr/share/wireshark/init.lua"
    if "$tools/tshark/run" --version >"$work/log" 2>&1; then
        echo "tshark: installed in $tools/tshark"
    else
        rm -rf "$tools/tshark"
        missing tshark "it does not start"
    fi
fi

if [ ! -x "$tools/atheris/bin/python" ]; then
    if { scripts/make-venv.sh "$tools/atheris" &&
        "$tools/atheris/bin/python" -m pip install --disable-pip-version-check --require-hashes --only-binary :all: \
            -r tests/tools/atheris.txt; } >"$work/log" 2>&1; then
        echo "atheris: installed in $tools/atheris"
    else
        rm -rf "$tools/atheris"
        missing atheris "no wheel for this Python"
    fi
fi

scripts/install-quickfix.sh
