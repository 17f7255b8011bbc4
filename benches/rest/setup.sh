#!/usr/bin/env bash
# Prepares Schemathesis and what users.py needs in CACHE/rest-venv. A second run with the same pins does nothing.
#
#     benches/rest/setup.sh CACHE
set -euo pipefail

cache=${1:?usage: setup.sh CACHE}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$cache"
stamp=$cache/rest.stamp
wanted=$(cat "$here/requirements.txt"; python3 --version)
if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then
    exit
fi
rm -rf "$stamp" "$cache/rest-venv"
python3 -m venv "$cache/rest-venv"
"$cache/rest-venv/bin/python" -m pip --disable-pip-version-check --quiet install -r "$here/requirements.txt"
printf '%s\n' "$wanted" >"$stamp"
