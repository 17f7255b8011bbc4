"""What the service promises, without a word of gRPC's: users in memory and the rules of user.proto by hand.

Both servers of this folder are shells around `Users`. A refusal is an exception that names its status.
"""

import re
import threading
import time
import uuid

from schema import messages

DEFAULT_PAGE = 100
# As protovalidate's `email` rule, which follows the HTML standard.
LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
EMAIL = re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{LABEL}(?:\.{LABEL})*")


class Refused(Exception):
    """The name of a gRPC status and a sentence for the caller."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status
        self.message = message


def invalid(field, rule):
    raise Refused("INVALID_ARGUMENT", f"{field}: {rule}")


def valid_id(id):
    if not 1 <= len(id) <= 64:
        invalid("id", "must have 1 to 64 characters")


def valid_name(name):
    if not 1 <= len(name) <= 100:
        invalid("name", "must have 1 to 100 characters")


def valid_email(email):
    if len(email) > 254 or not EMAIL.fullmatch(email):
        invalid("email", "must be an email address of at most 254 characters")


class Users:
    def __init__(self):
        self.lock = threading.Lock()
        self.users = {}  # by id, in the order of their creation
        self.emails = {}  # whose they are, by id

    def get(self, request):
        valid_id(request.id)
        with self.lock:
            return self.find(request.id)

    def create(self, request):
        return self.create_all([request])[0]

    def create_all(self, requests):
        """All of them or none."""
        for request in requests:
            valid_name(request.name)
            valid_email(request.email)
        now = int(time.time())
        users = [messages.UserResponse(id=uuid.uuid4().hex, name=r.name, email=r.email, created_at=now) for r in requests]
        with self.lock:
            emails = {user.email: user.id for user in users}
            if len(emails) < len(users) or emails.keys() & self.emails.keys():
                raise Refused("ALREADY_EXISTS", "email: another user has it")
            self.emails |= emails
            self.users |= {user.id: user for user in users}
        return users

    def list(self, request, default=DEFAULT_PAGE):
        for field in ("limit", "offset"):
            if getattr(request, field) < 0:
                invalid(field, "must not be negative")
        with self.lock:
            users = list(self.users.values())
        limit = request.limit or default or len(users)
        return users[request.offset :][:limit]

    def import_all(self, requests):
        return messages.ImportUsersResponse(count=len(self.create_all(requests)))

    def answer(self, message):
        answer = messages.ChatMessage()
        answer.CopyFrom(message)
        answer.sent_at = int(time.time())
        return answer

    def update(self, request):
        valid_id(request.id)
        if request.HasField("name"):
            valid_name(request.name)
        if request.HasField("email"):
            valid_email(request.email)
        with self.lock:
            user = messages.UserResponse()  # a copy: the old one may be on its way to another client
            user.CopyFrom(self.find(request.id))
            if request.HasField("name"):
                user.name = request.name
            if request.HasField("email"):
                if self.emails.get(request.email, user.id) != user.id:
                    raise Refused("ALREADY_EXISTS", "email: another user has it")
                del self.emails[user.email]
                user.email = request.email
                self.emails[user.email] = user.id
            self.users[user.id] = user
        return user

    def delete(self, request):
        valid_id(request.id)
        with self.lock:
            user = self.find(request.id)
            del self.users[user.id], self.emails[user.email]
        return messages.Empty()

    def find(self, id):
        if id not in self.users:
            raise Refused("NOT_FOUND", "no user has this id")
        return self.users[id]
