"""A front of HTTP and JSON in FastAPI that calls the UserService.

    protogate generate proto --output python --out stubs
    pip install fastapi uvicorn grpcio grpcio-status grpcio-health-checking
    USERS_ADDR=localhost:50051 PYTHONPATH=stubs/python uvicorn app:app

One channel for the process, a deadline on every call, the id of the request passed on, and what the service refuses said in the
words of HTTP (RFC 9457), each field that is wrong with its reason.
"""

import contextlib
import os
import uuid

import grpc
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from google.protobuf.json_format import MessageToDict
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from pydantic import BaseModel

import user_pb2
import user_pb2_grpc

DEADLINE = 2.0  # seconds, of each call

STATUS = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}


@contextlib.asynccontextmanager
async def channel(app: FastAPI):
    options = [("grpc.keepalive_time_ms", 20_000), ("grpc.keepalive_timeout_ms", 5_000)]
    async with grpc.aio.insecure_channel(os.environ["USERS_ADDR"], options=options) as opened:
        app.state.users = user_pb2_grpc.UserServiceStub(opened)
        app.state.health = health_pb2_grpc.HealthStub(opened)
        yield


app = FastAPI(title="Users", lifespan=channel)


class NewUser(BaseModel):
    name: str
    email: str


class Change(BaseModel):
    name: str | None = None
    email: str | None = None


def call(request: Request) -> dict:
    """What goes with every call: a deadline, the id of the request, the caller's token."""
    sent = [("x-request-id", request.headers.get("x-request-id", uuid.uuid4().hex))]
    if token := request.headers.get("authorization"):
        sent.append(("authorization", token))
    return {"timeout": DEADLINE, "metadata": sent}


def shown(user) -> dict:
    return MessageToDict(user)


@app.exception_handler(grpc.aio.AioRpcError)
async def refused(request: Request, error: grpc.aio.AioRpcError) -> JSONResponse:
    status = STATUS.get(error.code(), 500)
    problem = {"type": "about:blank", "status": status, "title": error.code().name, "detail": error.details()}
    headers = {}
    said = rpc_status.from_call(error)
    for detail in said.details if said else ():
        if detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest()
            detail.Unpack(bad)
            problem["errors"] = [
                {"field": it.field, "detail": it.description, "rule": it.reason} for it in bad.field_violations
            ]
        if detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            retry = error_details_pb2.RetryInfo()
            detail.Unpack(retry)
            headers["Retry-After"] = str(max(1, retry.retry_delay.seconds))
    return JSONResponse(problem, status, headers, media_type="application/problem+json")


@app.get("/users/{user_id}")
async def get(user_id: str, request: Request) -> dict:
    return shown(await app.state.users.GetUser(user_pb2.UserRequest(id=user_id), **call(request)))


@app.get("/users")
async def page(request: Request, limit: int = 100, offset: int = 0) -> list[dict]:
    asked = user_pb2.ListUsersRequest(limit=limit, offset=offset)
    return [shown(user) async for user in app.state.users.ListUsers(asked, **call(request))]


@app.post("/users", status_code=201)
async def create(new: NewUser, request: Request, response: Response) -> dict:
    asked = user_pb2.CreateUserRequest(name=new.name, email=new.email)
    user = await app.state.users.CreateUser(asked, **call(request))
    response.headers["Location"] = f"/users/{user.id}"
    return shown(user)


@app.patch("/users/{user_id}")
async def change(user_id: str, change: Change, request: Request) -> dict:
    # A field that is not set is left as it is.
    asked = user_pb2.UpdateUserRequest(id=user_id, **change.model_dump(exclude_none=True))
    return shown(await app.state.users.UpdateUser(asked, **call(request)))


@app.delete("/users/{user_id}", status_code=204)
async def delete(user_id: str, request: Request) -> None:
    await app.state.users.DeleteUser(user_pb2.UserRequest(id=user_id), **call(request))


@app.get("/healthz", include_in_schema=False)
async def health() -> Response:
    asked = health_pb2.HealthCheckRequest(service="user.UserService")
    try:
        answer = await app.state.health.Check(asked, timeout=DEADLINE)
        serves = answer.status == health_pb2.HealthCheckResponse.SERVING
    except grpc.aio.AioRpcError:
        serves = False
    return Response("ok\n" if serves else "the users are away\n", 200 if serves else 503, media_type="text/plain")
