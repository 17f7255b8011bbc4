#!/usr/bin/env bash
# Prepares the peers of this folder in a cache folder. Nothing is written beside this file. A second run with
# the same pins does nothing.
#
#     tests/interop/setup.sh CACHE
#
# CACHE/venv               Python with the packages of requirements.txt
# CACHE/protovalidate-py   the package of that name in it
# CACHE/old-venv           Python with the oldest runtime of protobuf that our modules are for
# CACHE/pb2                the modules generated from article/user.proto
# CACHE/interop-node       the packages of node/package.json
set -euo pipefail

OLD_PROTOBUF=3.20.3

cache=${1:?usage: setup.sh CACHE}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

install_python() {
    rm -rf "$cache/venv" "$cache/pb2"
    python3 -m venv "$cache/venv"
    "$cache/venv/bin/python" -m pip --disable-pip-version-check --quiet install --no-deps -r "$here/requirements.txt"
    # Named apart from the version of Python: a test asks whether it is there.
    ln -sfn "$("$cache/venv/bin/python" -c 'import os, protovalidate; print(os.path.dirname(protovalidate.__file__))')" \
        "$cache/protovalidate-py"
    mkdir "$cache/pb2"
    "$cache/venv/bin/python" -m grpc_tools.protoc --proto_path="$here/article" \
        --python_out="$cache/pb2" --grpc_python_out="$cache/pb2" user.proto
}

install_old_python() {
    rm -rf "$cache/old-venv"
    python3 -m venv "$cache/old-venv"
    "$cache/old-venv/bin/python" -m pip --disable-pip-version-check --quiet install --no-deps \
        "protobuf==$OLD_PROTOBUF" "$(grep '^grpcio==' "$here/requirements.txt")" \
        "$(grep '^typing_extensions==' "$here/requirements.txt")"
}

install_node() {
    local node=$cache/interop-node
    rm -rf "$node"
    mkdir "$node"
    cp "$here/node/package.json" "$node/"
    npm install --prefix "$node" --package-lock=false --ignore-scripts --no-audit --no-fund --loglevel=error >&2
}

# Runs the installer unless it has run with the same pins.
once() {
    local stamp=$cache/$1.stamp wanted=$2
    if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then
        return
    fi
    rm -f "$stamp"
    "install_$1"
    printf '%s\n' "$wanted" >"$stamp"
}

once python "$(cat "$here/requirements.txt" "$here/article/user.proto"; python3 --version; echo "$cache")"
once old_python "$OLD_PROTOBUF $(grep '^grpcio==' "$here/requirements.txt") in $cache"
once node "$(cat "$here/node/package.json"; node --version; echo "$cache")"
