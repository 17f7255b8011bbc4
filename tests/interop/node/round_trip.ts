// The reference as TypeScript sees it, through the modules of protoc-gen-es: a call of each kind.
//
//     node made/round_trip.js http://127.0.0.1:50051
import assert from "node:assert/strict";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { UserService, type UserResponse } from "./gen/user_pb.js";

const address = process.argv[2];
assert(address, "usage: round_trip.js ADDRESS");
const users = createClient(UserService, createGrpcTransport({ baseUrl: address }));

const ada: UserResponse = await users.createUser({ name: "Ada", email: "ada@example.com" });
assert.equal(ada.name, "Ada");
assert.deepEqual(await users.getUser({ id: ada.id }), ada);

async function* people() {
  yield { name: "Grace", email: "grace@example.com" };
  yield { name: "Barbara", email: "barbara@example.com" };
}
const imported = await users.importUsers(people());
assert.equal(imported.count, 2);

const listed: string[] = [];
for await (const user of users.streamUsers({ limit: 10 })) {
  listed.push(user.name);
}
assert.deepEqual(listed.sort(), ["Ada", "Barbara", "Grace"]);

async function* talk() {
  yield { userId: ada.id, text: "hello" };
}
const said: string[] = [];
for await (const message of users.chat(talk())) {
  said.push(message.text);
}
assert.deepEqual(said, ["hello"]);

const wrong = await users.createUser({ name: "", email: "nobody" }).then(
  () => assert.fail("it is refused"),
  (error: unknown) => ConnectError.from(error),
);
assert.equal(wrong.code, Code.InvalidArgument);
console.log("a round trip of every kind");
