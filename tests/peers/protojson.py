"""Reads `name<TAB>hex<TAB>json` per line; says whether json_format reads the JSON as the message of the bytes, and how it
writes that itself."""

import json
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

pool = descriptor_pool.DescriptorPool()
with open(sys.argv[1], "rb") as file:
    for it in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file:
        pool.Add(it)
for line in sys.stdin:
    name, hexed, text = line.rstrip("\n").split("\t", 2)
    try:
        kind = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
        meant = kind.FromString(bytes.fromhex(hexed))
        read = json_format.Parse(text, kind(), descriptor_pool=pool)
        # Bytes, since NaN is not NaN; else what both say, since the bits of a NaN and the number of a NullValue are not in JSON.
        wanted, got = (json_format.MessageToJson(it, indent=None, descriptor_pool=pool) for it in (meant, read))
        alike = read.SerializeToString(deterministic=True) == meant.SerializeToString(deterministic=True)
        said = f"same\t{wanted}" if alike or json.loads(wanted) == json.loads(got) else f"another: {got}"
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    print(said.replace("\n", " "))
