"""One call of grpcio's under TLS: what its client says of the server, and the server of it.

    python tls_client.py ADDRESS CA [CERT KEY]      prints the name of the status
"""

import sys

import grpc

import user_pb2
import user_pb2_grpc


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main(address, ca, *own):
    cert, key = (read(path) for path in own) if own else (None, None)
    credentials = grpc.ssl_channel_credentials(read(ca), private_key=key, certificate_chain=cert)
    options = [("grpc.ssl_target_name_override", "localhost"), ("grpc.enable_retries", 0)]
    with grpc.secure_channel(address.removeprefix("https://"), credentials, options) as channel:
        try:
            user_pb2_grpc.UserServiceStub(channel).GetUser(user_pb2.UserRequest(id="nobody"), timeout=5)
        except grpc.RpcError as error:
            print(error.code().name)


if __name__ == "__main__":
    main(*sys.argv[1:])
