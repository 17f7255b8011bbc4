"""The faults a server takes on with MUTANT=Bxx: as a Python service would have them, one branch each.

Without MUTANT every function here answers as if this file were not there.
"""

import itertools
import os
import random
import traceback
import unicodedata

from google.protobuf import unknown_fields

import users
from schema import messages

KNOWN = (
    "B01 B02 B03 B05 B06 B07 B08 B09 B11 B12 B13 B14 B16f B17 B18 B19 B20 "
    "B22 B23 B23b B24 B25 B26 B27 B28 B30 B35 B48 B53 B54"
).split()
MUTANT = os.environ.get("MUTANT", "")
if MUTANT and MUTANT not in KNOWN:
    raise SystemExit(f"no mutant {MUTANT}; there are {' '.join(KNOWN)}")


class Users(users.Users):
    def get(self, request):
        if MUTANT == "B06" and request.id:  # the store is asked without asking whether it has the key
            return self.users[request.id]
        if MUTANT == "B11" and request.id not in self.users:  # a service in its debug mode
            raise users.Refused("NOT_FOUND", "no user: " + "".join(traceback.format_stack(limit=3)))
        if MUTANT == "B48" and len(unknown_fields.UnknownFieldSet(request)):
            users.invalid("request", "has fields this server does not know")
        if MUTANT == "B07" and not request.id:  # looks before it asks whether the id is one
            raise users.Refused("NOT_FOUND", "no user has this id")
        if MUTANT == "B08" and request.id and request.id not in self.users:
            users.invalid("id", "must be the id of a user")
        if MUTANT == "B09" and request.id and request.id not in self.users:  # `get` with a default
            return messages.UserResponse()
        user = super().get(request)
        if MUTANT == "B12":  # an index of a list that is one too high
            everybody = list(self.users.values())
            return everybody[(everybody.index(user) + 1) % len(everybody)]
        if MUTANT == "B20":  # counts visits in a field of the user
            user.created_at += 1
        return user

    def create(self, request):
        if MUTANT == "B01" and request.name.isspace():  # the first letter of the first word
            request.name.split()[0]
        if MUTANT == "B02" and max(map(ord, request.name), default=0) > 0xFFFF:  # a database with 3-byte UTF-8
            raise UnicodeError("incorrect string value")
        if MUTANT == "B03" and len(request.name.encode()) > 64:  # the width of the column
            raise users.Refused("INTERNAL", "value too long for type character varying(64)")
        user = super().create(request)
        if MUTANT == "B16f":  # milliseconds, as in JavaScript
            user.created_at *= 1000
        reply = messages.UserResponse()
        reply.CopyFrom(user)
        if MUTANT == "B13":  # arguments in the wrong order
            reply.name, reply.email = user.email, user.name
            return reply
        if MUTANT == "B14":  # tidied after the reply was made
            user.name = unicodedata.normalize("NFC", user.name.strip() or user.name)
            return reply
        if MUTANT == "B17":
            return messages.UserResponse(name=user.name, email=user.email, created_at=user.created_at)
        if MUTANT == "B18":  # never committed
            del self.users[user.id], self.emails[user.email]
        if MUTANT == "B19":  # kept for a search that does not look at the case
            user.name = user.name.lower()
            return reply
        return user

    def list(self, request, default=users.DEFAULT_PAGE):
        if MUTANT == "B05" and request.limit < 0:  # the rule was forgotten; islice has its own
            return list(itertools.islice(self.users.values(), request.limit))
        if MUTANT in ("B22", "B23", "B23b"):
            asked, request = request, messages.ListUsersRequest()
            request.CopyFrom(asked)
            if MUTANT == "B22" and request.limit > 0:  # reads the limit and does not use it
                request.limit = 2**31 - 1
            if MUTANT == "B23" and request.offset > 0:  # counts from one
                request.offset -= 1
            if MUTANT == "B23b" and 0 < request.limit < 2**31 - 1:  # asks for one more to know whether there is one
                request.limit += 1
        page = super().list(request, default)
        if MUTANT == "B25":  # a cache that is one user behind
            newest = list(self.users)[-1:]
            return [user for user in page if user.id not in newest]
        if MUTANT == "B27":  # the store fails behind the second user, and nobody says so
            return page[:2]
        if MUTANT == "B24":  # a store without an order
            random.shuffle(page)
        return page

    def import_all(self, requests):
        if MUTANT == "B30":  # remembers the domain of the first one
            requests[0].email.partition("@")
        return super().import_all(requests)


def never_ends(request):
    """Whether a list is sent, but not that this was all."""
    return MUTANT == "B26" or MUTANT == "B28" and request.limit == 0


def never_ends_chats():
    """Whether a chat goes on waiting when its client has said everything."""
    return MUTANT == "B35"


def answers_twice(method):
    """Whether a unary method sends its answer twice."""
    return MUTANT == "B53" and method == "GetUser"


def drift(file):
    """B54: the server was built from another schema."""
    if MUTANT == "B54":
        (user,) = (message for message in file.message_type if message.name == "UserResponse")
        (email,) = (field for field in user.field if field.name == "email")
        email.number = 7
