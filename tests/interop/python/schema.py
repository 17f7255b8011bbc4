"""Messages and methods of generated/descriptor.binpb, read when the server starts: nothing is generated.

`messages.UserResponse` is a class; `methods()` are the rpcs of user.UserService.
"""

import pathlib
from types import SimpleNamespace

from google.protobuf import descriptor_pb2, descriptor_pool, empty_pb2, message_factory
from grpc_health.v1 import health
from grpc_reflection.v1alpha import reflection

SERVICE = "user.UserService"
SERVED = (SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME)
MESSAGES = (
    "UserRequest UserResponse CreateUserRequest ListUsersRequest UpdateUserRequest ImportUsersResponse ChatMessage"
)

pool = descriptor_pool.Default()


def load(change=lambda file: None):
    """Reads the schema; `change` may alter its user.proto first, for a server built from another one."""
    path = pathlib.Path(__file__).resolve().parents[3] / "generated" / "descriptor.binpb"
    for file in descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes()).file:
        if file.package == "user":
            change(file)
        try:
            pool.FindFileByName(file.name)  # the runtime brings some of Google's own
        except KeyError:
            pool.AddSerializedFile(file.SerializeToString())
    for name in MESSAGES.split():
        setattr(messages, name, message_factory.GetMessageClass(pool.FindMessageTypeByName(f"user.{name}")))


def methods():
    return pool.FindServiceByName(SERVICE).methods


def class_of(message_type):
    return message_factory.GetMessageClass(message_type)


messages = SimpleNamespace(Empty=empty_pb2.Empty)
