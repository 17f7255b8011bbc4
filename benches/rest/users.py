"""The unary rpcs of the reference UserService as a REST service, for the benchmark of `contract`.

    python users.py PORT

Answers GET /count with the number of other requests so far.
"""

import sys
import time
import uuid

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel, Field

Name = Field(min_length=1, max_length=100)
Email = Field(pattern=r"^[a-z0-9.]{1,60}@[a-z0-9]{1,60}\.[a-z]{2,6}$")


class NewUser(BaseModel):
    name: str = Name
    email: str = Email


class User(NewUser):
    id: str
    created_at: int


app = FastAPI()
users: dict[str, User] = {}
calls = 0


@app.middleware("http")
async def count(request: Request, call_next):
    global calls
    calls += request.url.path not in ("/count", "/openapi.json")
    return await call_next(request)


@app.get("/count", include_in_schema=False)
async def counted() -> int:
    return calls


def known(user_id: str) -> User:
    if user_id not in users:
        raise HTTPException(404)
    return users[user_id]


missing = {404: {"description": "no user has the id"}}


@app.get("/users/{user_id}", responses=missing)
async def get(user_id: str) -> User:
    return known(user_id)


@app.post("/users")
async def create(new: NewUser) -> User:
    user = User(id=uuid.uuid4().hex, created_at=int(time.time()), name=new.name, email=new.email)
    users[user.id] = user
    return user


@app.put("/users/{user_id}", responses=missing)
async def update(user_id: str, new: NewUser) -> User:
    users[user_id] = known(user_id).model_copy(update=new.model_dump())
    return users[user_id]


@app.delete("/users/{user_id}", responses=missing)
async def delete(user_id: str) -> None:
    known(user_id)
    del users[user_id]


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
