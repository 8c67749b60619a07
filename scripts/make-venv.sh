#!/bin/sh
# Make a virtual environment with pip in $1, on machines where Python lacks the venv module's parts too (Debian and
# Ubuntu ship them as a package of its own).
set -eu
target=$1

python=
for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3 if it is not on the PATH" >&2
    exit 1
fi

if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    exec "$python" -m venv "$target"
fi
if "$python" -c 'import virtualenv' 2>/dev/null; then
    exec "$python" -m virtualenv --quiet "$target"
fi
if command -v uv >/dev/null 2>&1; then
    exec uv venv --quiet --seed --python "$python" "$target"
fi
if "$python" -c 'import pip' 2>/dev/null && "$python" -m venv --without-pip "$target"; then
    # The system's pip can install into another environment's Python.
    exec "$python" -m pip --python "$target/bin/python" install --quiet pip
fi
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
for as_root in '' 'sudo -n'; do
    [ -n "$as_root" ] || [ "$(id -u)" = 0 ] || continue
    if command -v apt-get >/dev/null 2>&1; then
        $as_root apt-get update -qq &&
            $as_root apt-get install -qq -y --no-install-recommends "python$version-venv" >/dev/null &&
            exec "$python" -m venv "$target"
    fi
done
echo "this Python has no venv module: install the package python$version-venv (apt install python$version-venv)" >&2
exit 1
