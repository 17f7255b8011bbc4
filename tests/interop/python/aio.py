"""user.UserService in Python with grpc.aio, written without protogate, to be tested from outside.

    python aio.py [--port PORT]      PORT 0, the default, takes a free one; SIGTERM or Ctrl-C stops it
    MUTANT=B06 python aio.py         with a fault of mutants.py
"""

import argparse
import asyncio
import signal

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

import mutants
import schema
import users

GRACE = 1  # seconds for the calls that are under way when the server stops


def answering(handler):
    """One answer; a refusal ends the call with its status."""

    async def call(request, context):
        try:
            return await handler(request)
        except users.Refused as refused:
            await context.abort(grpc.StatusCode[refused.status], refused.message)

    return call


def streaming(handler):
    """Many answers, likewise."""

    async def call(request, context):
        try:
            async for answer in handler(request):
                yield answer
        except users.Refused as refused:
            await context.abort(grpc.StatusCode[refused.status], refused.message)

    return call


def handlers(store):
    """One coroutine or asynchronous generator per rpc. The store never waits, so it is called as it is."""

    def one(answer):
        async def call(request):
            return answer(request)

        return answering(call)

    def many(answers):
        async def call(request):
            for answer in answers(request):
                yield answer
            if mutants.never_ends(request):
                await asyncio.Event().wait()

        return streaming(call)

    async def import_users(requests):
        return store.import_all([request async for request in requests])

    async def chat(requests):
        async for message in requests:
            yield store.answer(message)
        if mutants.never_ends_chats():
            await asyncio.Event().wait()

    return {
        "GetUser": one(store.get),
        "CreateUser": one(store.create),
        "ListUsers": many(store.list),
        "StreamUsers": many(lambda request: store.list(request, default=None)),
        "ImportUsers": answering(import_users),
        "Chat": streaming(chat),
        "UpdateUser": one(store.update),
        "DeleteUser": one(store.delete),
    }


def twice(handler):
    async def call(request, context):
        answer = await handler(request, context)
        yield answer
        yield answer

    return call


def register(method, handler):
    streams = method.server_streaming
    if mutants.answers_twice(method.name):
        handler, streams = twice(handler), True
    kind = ("stream" if method.client_streaming else "unary") + ("_stream" if streams else "_unary")
    return getattr(grpc, f"{kind}_rpc_method_handler")(
        handler,
        request_deserializer=schema.class_of(method.input_type).FromString,
        response_serializer=schema.class_of(method.output_type).SerializeToString,
    )


async def start(port):
    """Starts the server on the loopback address and returns it with the port it got."""
    schema.load(mutants.drift)
    calls = handlers(mutants.Users())
    methods = {method.name: register(method, calls[method.name]) for method in schema.methods()}
    server = grpc.aio.server()
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(schema.SERVICE, methods)])

    servicer = health.aio.HealthServicer()
    for name in ("", schema.SERVICE):
        await servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    reflection.enable_server_reflection(schema.SERVED, server, pool=schema.pool)

    port = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    return server, port


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    server, port = await start(parser.parse_args().port)
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    await stop.wait()
    await server.stop(GRACE)


if __name__ == "__main__":
    asyncio.run(main())
