"""user.UserService in Python with blocking grpcio, written without protogate, to be tested from outside.

    python sync.py [--port PORT]     PORT 0, the default, takes a free one; SIGTERM or Ctrl-C stops it
    MUTANT=B06 python sync.py        with a fault of mutants.py
"""

import argparse
import contextlib
import os
import signal
import threading
import time
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

import mutants
import schema
import users

THREADS = 64  # one for each call under way: a stream that is held open keeps its own
GRACE = 1  # seconds for the calls that are under way when the server stops


def handlers(store):
    """One function per rpc: (request or iterator of requests, context) to answer or iterator of answers."""

    def lists(default):
        def call(request, context):
            yield from store.list(request, default)
            if mutants.never_ends(request):
                wait(context)

        return call

    def chat(requests, context):
        yield from map(store.answer, requests)
        if mutants.never_ends_chats():
            wait(context)

    def wait(context):
        while context.is_active():
            time.sleep(0.1)

    return {
        "GetUser": lambda request, _: store.get(request),
        "CreateUser": lambda request, _: store.create(request),
        "ListUsers": lists(users.DEFAULT_PAGE),
        "StreamUsers": lists(None),
        "ImportUsers": lambda requests, _: store.import_all(list(requests)),
        "Chat": chat,
        "UpdateUser": lambda request, _: store.update(request),
        "DeleteUser": lambda request, _: store.delete(request),
    }


@contextlib.contextmanager
def refusals(context):
    """A refusal ends the call with its status."""
    try:
        yield
    except users.Refused as refused:
        context.abort(grpc.StatusCode[refused.status], refused.message)


def answering(handler, streams):
    """The handler as gRPC wants it."""

    def call(request, context):
        with refusals(context):
            return handler(request, context)

    def stream(request, context):
        with refusals(context):
            yield from handler(request, context)

    return stream if streams else call


def register(method, handler):
    streams = method.server_streaming
    if mutants.answers_twice(method.name):
        handler, streams = (lambda one: lambda request, context: [one(request, context)] * 2)(handler), True
    kind = ("stream" if method.client_streaming else "unary") + ("_stream" if streams else "_unary")
    return getattr(grpc, f"{kind}_rpc_method_handler")(
        answering(handler, streams),
        request_deserializer=schema.class_of(method.input_type).FromString,
        response_serializer=schema.class_of(method.output_type).SerializeToString,
    )


def start(port):
    """Starts the server on the loopback address and returns it with the port it got."""
    schema.load(mutants.drift)
    calls = handlers(mutants.Users())
    methods = {method.name: register(method, calls[method.name]) for method in schema.methods()}
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=THREADS))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(schema.SERVICE, methods)])

    servicer = health.HealthServicer()
    for name in ("", schema.SERVICE):
        servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    reflection.enable_server_reflection(schema.SERVED, server, pool=schema.pool)

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
    server.stop(GRACE).wait(GRACE * 2)
    os._exit(0)  # after requests that were cut short, grpcio waits for ever for calls that have ended


if __name__ == "__main__":
    main()
