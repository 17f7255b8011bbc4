"""Reads `name<TAB>hex<TAB>json` per line; says whether json_format reads the JSON as the message of the bytes, and how it
writes that itself."""

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
        # Bytes, since NaN is not NaN.
        if read.SerializeToString(deterministic=True) == meant.SerializeToString(deterministic=True):
            said = "same\t" + json_format.MessageToJson(meant, indent=None, descriptor_pool=pool)
        else:
            said = "another: " + json_format.MessageToJson(read, indent=None, descriptor_pool=pool)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    print(said.replace("\n", " "))
