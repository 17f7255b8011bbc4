"""user.UserService as a first service is written in Python: blocking grpcio, ten threads, a dictionary.

    python article.py        prints the port it took
"""

import time
import uuid
from concurrent import futures

import grpc
import user_pb2
import user_pb2_grpc


class Users(user_pb2_grpc.UserServiceServicer):
    def __init__(self):
        self.users = {}

    def GetUser(self, request, context):
        user = self.users.get(request.id)
        if user is None:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such user")
        return user

    def CreateUser(self, request, context):
        user = user_pb2.UserResponse(
            id=str(uuid.uuid4()), name=request.name, email=request.email, created_at=int(time.time())
        )
        self.users[user.id] = user
        return user


server = grpc.server(futures.ThreadPoolExecutor(max_workers=10))
user_pb2_grpc.add_UserServiceServicer_to_server(Users(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(f"listening on http://127.0.0.1:{port}", flush=True)
server.wait_for_termination()
