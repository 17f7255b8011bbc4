#!/usr/bin/env bash
# Prepares the Python peers in a cache folder: CACHE/venv with the pinned packages, CACHE/pb2 with the
# generated modules. Nothing is written beside this file. A second run with the same pins does nothing.
#
#     tests/interop/setup.sh CACHE
set -euo pipefail

cache=${1:?usage: setup.sh CACHE}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

stamp=$cache/python.stamp
wanted=$(cat "$here/requirements.txt" "$here/article/user.proto"; python3 --version; echo "$cache")
if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then
    exit 0
fi

rm -rf "$stamp" "$cache/venv" "$cache/pb2"
python3 -m venv "$cache/venv"
"$cache/venv/bin/python" -m pip --disable-pip-version-check --quiet install --no-deps -r "$here/requirements.txt"
mkdir "$cache/pb2"
"$cache/venv/bin/python" -m grpc_tools.protoc --proto_path="$here/article" \
    --python_out="$cache/pb2" --grpc_python_out="$cache/pb2" user.proto
printf '%s\n' "$wanted" >"$stamp"
