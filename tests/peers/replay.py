"""Reads with Python protobuf what protogate says was written, and says what the reader has.

stdin: JSON, a list of {"pool": hex of a FileDescriptorSet, "readings": [{"message", "encoding", "written"}]}.
stdout: one line of JSON per reading: {"read": ...} as ProtoJSON, or {"refused": why}.
"""
import json
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message, message_factory


def pool_of(text):
    files = descriptor_pb2.FileDescriptorSet.FromString(bytes.fromhex(text)).file
    pool = descriptor_pool.DescriptorPool()
    for file in files:
        pool.Add(file) if hasattr(pool, "Add") else pool.AddSerializedFile(file.SerializeToString())
    return pool


def read(pool, reading):
    kind = message_factory.GetMessageClass(pool.FindMessageTypeByName(reading["message"]))
    value = kind()
    try:
        if reading["encoding"] == "binary":
            value.ParseFromString(bytes.fromhex(reading["written"]))
        else:
            lenient = reading["encoding"] == "json"
            json_format.Parse(reading["written"], value, ignore_unknown_fields=lenient, descriptor_pool=pool)
    except (message.DecodeError, json_format.ParseError) as problem:
        return {"refused": str(problem)}
    if not value.IsInitialized():
        return {"refused": "missing " + ", ".join(value.FindInitializationErrors())}
    try:
        return {"read": json_format.MessageToDict(value, descriptor_pool=pool)}
    except (json_format.SerializeToJsonError, AttributeError, TypeError) as problem:
        return {"unsaid": str(problem)}


for case in json.load(sys.stdin):
    pool = pool_of(case["pool"])
    for reading in case["readings"]:
        print(json.dumps(read(pool, reading)))
