"""Compares our Python modules with those of grpcio-tools: the same descriptors, the same calls, the same servers.

    python compare_modules.py OURS PROTOS FILE...      OURS: the folder of our modules; PROTOS: that of the .proto files

Each set is imported by a process of its own, because a pool takes a file once.
"""

import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path


class Recorder:
    """Stands in for a channel or a server, and writes down what it is asked for."""

    def __init__(self):
        self.seen = {}

    def __getattr__(self, kind):
        def call(path, request_serializer, response_deserializer, **_):
            self.seen[path] = [kind, request_serializer.__qualname__, response_deserializer.__qualname__]

        return call

    def add_registered_method_handlers(self, service, handlers):
        """A faster way to the same handlers, which grpcio's own modules take beside the other."""

    def add_generic_rpc_handlers(self, handlers):
        for handler in handlers:
            for path, method in handler._method_handlers.items():
                self.seen["server " + path] = [method.request_streaming, method.response_streaming]


def forget_default_names(message):
    """protoc writes down a JSON name where the source gives it; a compiler may write down all of them."""
    for field in [*message.field, *message.extension]:
        first, *rest = field.name.split("_")
        if field.json_name == first + "".join(part[:1].upper() + part[1:] for part in rest):
            field.ClearField("json_name")
    for nested in message.nested_type:
        forget_default_names(nested)


def describe(folder, files):
    """What the modules of a folder offer."""
    sys.path.insert(0, folder)
    from google.protobuf import descriptor_pb2

    said = {}
    for file in files:
        module = file.removesuffix(".proto").replace("-", "_").replace("/", ".") + "_pb2"
        messages = importlib.import_module(module)
        proto = descriptor_pb2.FileDescriptorProto()
        messages.DESCRIPTOR.CopyToProto(proto)
        for message in proto.message_type:
            forget_default_names(message)
        for extension in proto.extension:
            extension.ClearField("json_name")
        said[file] = proto.SerializeToString(deterministic=True).hex()
        said[module] = sorted(name for name in dir(messages) if not name.startswith("_"))
        for name in messages.DESCRIPTOR.message_types_by_name:
            message = getattr(messages, name)
            assert message.FromString(message().SerializePartialToString()) == message()
        if proto.service:
            stubs = importlib.import_module(module + "_grpc")
            for service in proto.service:
                recorder = Recorder()
                getattr(stubs, service.name + "Stub")(recorder)
                servicer = getattr(stubs, service.name + "Servicer")()
                getattr(stubs, f"add_{service.name}Servicer_to_server")(servicer, recorder)
                said[service.name] = recorder.seen
    return said


def main():
    if sys.argv[1] == "--describe":
        print(json.dumps(describe(sys.argv[2], sys.argv[3:])))
        return 0
    ours, protos, *files = sys.argv[1:]
    for stub in Path(ours).rglob("*.pyi"):
        compile(stub.read_text(), str(stub), "exec")
    with tempfile.TemporaryDirectory() as theirs:
        arguments = [f"--proto_path={protos}", f"--python_out={theirs}", f"--grpc_python_out={theirs}"]
        subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *arguments, *files], check=True)
        said = []
        for folder in (ours, theirs):
            command = [sys.executable, __file__, "--describe", folder, *files]
            said.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    ours, theirs = said
    helpers = {"Recorder"}
    for key in sorted(set(ours) | set(theirs)):
        mine, other = ours.get(key), theirs.get(key)
        if key.endswith("_pb2"):  # what a module imports is its own business
            mine = [name for name in mine if name not in helpers]
            other = [name for name in other if name in mine]
        if mine != other:
            print(f"{key}\n  ours    {mine}\n  theirs  {other}")
            return 1
    print(f"{len(files)} files are the same")
    return 0


if __name__ == "__main__":
    sys.exit(main())
