"""Asks protovalidate about messages. Standard input: the descriptor set as hex, then one `type hex` a line.
Standard output, a line for each: the broken rules as `path rule`, sorted and with tabs between them; nothing for a
message that keeps them all; `unknown` and the reason where a rule could not be asked."""

import json
import sys

import protovalidate
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def path(field):
    out = ""
    for element in field.elements if field else ():
        if element.field_name:
            out += ("." if out else "") + element.field_name
        kind = element.subscript
        if kind is None:
            continue
        value = kind.value
        if kind.field == "bool_key":
            value = str(value).lower()
        elif kind.field == "string_key":
            value = json.dumps(value, ensure_ascii=False)
        out += f"[{value}]"
    return out


def main():
    lines = iter(sys.stdin)
    files = descriptor_pb2.FileDescriptorSet.FromString(bytes.fromhex(next(lines)))
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file) if hasattr(pool, "Add") else pool.AddSerializedFile(file.SerializeToString())
    for line in lines:
        name, _, data = line.strip().partition(" ")
        cls = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
        try:
            found = protovalidate.collect_violations(cls.FromString(bytes.fromhex(data)))
        except (protovalidate.CompilationError, protovalidate.EvaluationError) as error:
            print("unknown", " ".join(str(error).split()))
            continue
        print("\t".join(sorted(f"{path(it.proto.field)} {it.proto.rule_id}".strip() for it in found)))


main()
