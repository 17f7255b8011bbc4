"""The user service as teams have it today: Python, blocking, in memory, generated from article/user.proto.

A server protogate did not write, to be tested from outside; with reflection and health. It keeps the
promises of GetUser, CreateUser and ListUsers and nothing else. `setup.sh` generates user_pb2 and
user_pb2_grpc; PYTHONPATH names their folder.

    python server.py [--port PORT]      PORT 0, the default, takes a free one; SIGTERM or Ctrl-C stops it
"""

import argparse
import signal
import threading
import time
import uuid
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

import user_pb2
import user_pb2_grpc

DEFAULT_PAGE = 100
GRACE = 2  # seconds for the calls that are under way when the server stops
SERVICE = user_pb2.DESCRIPTOR.services_by_name["UserService"].full_name


class UserService(user_pb2_grpc.UserServiceServicer):
    def __init__(self):
        self.lock = threading.Lock()
        self.users = {}  # by id, in the order of their creation
        self.emails = set()

    def GetUser(self, request, context):
        if not request.id:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "id: must not be empty")
        with self.lock:
            user = self.users.get(request.id)
        if user is None:
            context.abort(grpc.StatusCode.NOT_FOUND, "no user has this id")
        return user

    def CreateUser(self, request, context):
        if not request.name:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "name: must not be empty")
        if "@" not in request.email:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "email: must be an email address")
        user = user_pb2.UserResponse(
            id=uuid.uuid4().hex, name=request.name, email=request.email, created_at=int(time.time())
        )
        with self.lock:
            taken = user.email in self.emails
            if not taken:
                self.emails.add(user.email)
                self.users[user.id] = user
        if taken:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, "email: another user has it")
        return user

    def ListUsers(self, request, context):
        for field in ("limit", "offset"):
            if getattr(request, field) < 0:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{field}: must not be negative")
        with self.lock:
            users = list(self.users.values())
        yield from users[request.offset :][: request.limit or DEFAULT_PAGE]


def start(port):
    """Starts the server on the loopback address and returns it with the port it got."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=10))
    user_pb2_grpc.add_UserServiceServicer_to_server(UserService(), server)

    servicer = health.HealthServicer()
    for name in ("", SERVICE):
        servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    reflection.enable_server_reflection((SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME), server)

    port = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, port


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    server, port = start(parser.parse_args().port)
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    stop.wait()
    server.stop(GRACE).wait()


if __name__ == "__main__":
    main()
