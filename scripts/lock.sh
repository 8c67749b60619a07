#!/bin/sh
# Renew requirements.lock and requirements-dev.lock. pip-tools lives in an environment that is thrown away.
set -eu
cd "$(dirname "$0")/.."
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
scripts/make-venv.sh "$tools/venv"
"$tools/venv/bin/python" -m pip install --quiet pip-tools
compile="$tools/venv/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe
    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host"
# `build` is in it so that the project itself installs without fetching a build back end of no known version.
$compile --extra build --output-file requirements.lock pyproject.toml
$compile --extra build --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
