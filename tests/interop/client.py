"""A client of the user service as teams have it today: Python, blocking, generated from article/user.proto.

It knows four messages and three methods, nothing of the rules or of later methods: what still works with
it has stayed compatible on the wire. `setup.sh` generates user_pb2 and user_pb2_grpc; PYTHONPATH names
their folder.

    python client.py ADDRESS      walks through every method of a running server; exit code 1 on a mismatch
"""

import sys
import uuid

import grpc

import user_pb2
import user_pb2_grpc

TIMEOUT = 5  # seconds per call
PAGE = 50


class UserClient:
    """The three calls; an unknown user is None, every other status but OK is a grpc.RpcError."""

    def __init__(self, address):
        self.channel = grpc.insecure_channel(address.removeprefix("http://"))
        self.stub = user_pb2_grpc.UserServiceStub(self.channel)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def get_user(self, id):
        try:
            return self.stub.GetUser(user_pb2.UserRequest(id=id), timeout=TIMEOUT)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.NOT_FOUND:
                return None
            raise

    def create_user(self, name, email):
        request = user_pb2.CreateUserRequest(name=name, email=email)
        return self.stub.CreateUser(request, timeout=TIMEOUT)

    def list_users(self, limit=0, offset=0):
        request = user_pb2.ListUsersRequest(limit=limit, offset=offset)
        yield from self.stub.ListUsers(request, timeout=TIMEOUT)


class Mismatch(Exception):
    """The server answered, but not as the schema's documentation says."""


def expect(condition, message):
    if not condition:
        raise Mismatch(message)


def expect_status(code, call):
    try:
        answer = call()
    except grpc.RpcError as error:
        expect(error.code() == code, f"expected {code.name}, got {error.code().name}: {error.details()}")
    else:
        raise Mismatch(f"expected {code.name}, got OK: {answer!r}")


def all_users(client):
    """Every user, page by page."""
    users = []
    while True:
        page = list(client.list_users(limit=PAGE, offset=len(users)))
        users += page
        if len(page) < PAGE:
            return users


def create(client, state):
    for name in ("Ada", "Zoë 李"):
        email = f"{uuid.uuid4().hex}@example.com"
        user = client.create_user(name, email)
        expect((user.name, user.email) == (name, email), f"created {user!r}, not {name} {email}")
        expect(user.id, "the server chose no id")
        expect(user.created_at > 0, f"created_at is {user.created_at}")
        state.append(user)
    expect(state[0].id != state[1].id, f"two users have the id {state[0].id}")


def get(client, state):
    for user in state:
        found = client.get_user(user.id)
        expect(found == user, f"created {user!r}, got {found!r}")


def get_unknown(client, _):
    found = client.get_user(uuid.uuid4().hex)
    expect(found is None, f"an id that nobody has names {found!r}")


def list_all(client, state):
    users = all_users(client)
    created = {user.id for user in state}
    expect([user for user in users if user.id in created] == state, "a created user is missing, changed or out of order")
    ids = [user.id for user in users]
    expect(len(ids) == len(set(ids)), "a user is listed twice")


def list_page(client, _):
    users = all_users(client)
    page = list(client.list_users(limit=1, offset=1))
    expect(page == users[1:2], f"the second user is {users[1]!r}, its page holds {page!r}")
    beyond = list(client.list_users(limit=1, offset=2**31 - 1))
    expect(beyond == [], f"a page beyond the end holds {beyond!r}")


def refuse(client, state):
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    fresh = f"{uuid.uuid4().hex}@example.com"
    expect_status(invalid, lambda: client.get_user(""))
    expect_status(invalid, lambda: client.create_user("", fresh))
    expect_status(invalid, lambda: client.create_user("Ada", "no at sign"))
    expect_status(invalid, lambda: list(client.list_users(limit=-1)))
    expect_status(invalid, lambda: list(client.list_users(offset=-1)))
    expect_status(grpc.StatusCode.ALREADY_EXISTS, lambda: client.create_user("Eve", state[0].email))


STEPS = (create, get, get_unknown, list_all, list_page, refuse)


def main(arguments):
    if len(arguments) != 1:
        print("usage: client.py ADDRESS", file=sys.stderr)
        return 2
    state = []
    with UserClient(arguments[0]) as client:
        for step in STEPS:
            try:
                step(client, state)
            except Mismatch as mismatch:
                print(f"{step.__name__}: {mismatch}", file=sys.stderr)
                return 1
            except grpc.RpcError as error:
                print(f"{step.__name__}: {error.code().name}: {error.details()}", file=sys.stderr)
                return 1
            print(f"{step.__name__} ok", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
