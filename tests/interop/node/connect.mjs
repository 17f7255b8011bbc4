// user.UserService in Node with connect-node, written without protogate, to be tested from outside. It has
// neither health nor reflection: connect-node brings none.
//
//     node connect.mjs [--port PORT]      PORT 0, the default, takes a free one; SIGTERM or Ctrl-C stops it
//     MUTANT=B06 node connect.mjs         with a fault of mutants.mjs
//
// The packages of package.json are where MODULES says, or beside this file.

import { readFileSync } from "node:fs";
import { createServer } from "node:http2";
import { parseArgs } from "node:util";

import { ignoresDeadlines, neverEnds, neverEndsChats, Users } from "./mutants.mjs";
import { Refused } from "./users.mjs";
import { load } from "./modules.mjs";

const [{ ConnectError }, { connectNodeAdapter }, { createFileRegistry, fromBinary }, { FileDescriptorSetSchema }] =
  await Promise.all(["@connectrpc/connect", "@connectrpc/connect-node", "@bufbuild/protobuf", "@bufbuild/protobuf/wkt"].map(load));

const SERVICE = "user.UserService";
const descriptors = readFileSync(new URL("../../../generated/descriptor.binpb", import.meta.url));
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptors));
const users = new Users(BigInt);

function refuse(error) {
  throw error instanceof Refused ? new ConnectError(error.message, error.code) : error;
}

/** One answer. */
function one(answer) {
  return async (request) => {
    try {
      return answer(request);
    } catch (error) {
      refuse(error);
    }
  };
}

/** Many answers, until the client or the deadline ends the call: connect-node leaves that to the handler. */
function many(answers) {
  return async function* (request, context) {
    try {
      for (const answer of answers(request)) {
        context.signal.throwIfAborted();
        yield answer;
      }
      if (neverEnds(request)) await new Promise(() => {});
    } catch (error) {
      refuse(error);
    }
  };
}

/** The messages of a request stream; an abort of the call ends the wait for the next one. */
async function* received(requests, signal) {
  if (ignoresDeadlines) return yield* requests;
  const messages = requests[Symbol.asyncIterator]();
  const aborted = new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => {}); // nobody may be waiting
  while (true) {
    const { done, value } = await Promise.race([messages.next(), aborted]);
    if (done) return;
    yield value;
  }
}

async function importUsers(requests, { signal }) {
  const all = [];
  for await (const request of received(requests, signal)) all.push(request);
  return one((all) => users.importAll(all))(all);
}

async function* chat(requests, { signal }) {
  for await (const message of received(requests, signal)) yield users.answer(message);
  if (neverEndsChats) await new Promise(() => {});
}

const { port = "0" } = parseArgs({ options: { port: { type: "string" } } }).values;
const server = createServer(
  connectNodeAdapter({
    connect: false,
    grpcWeb: false,
    routes: (router) =>
      router.service(registry.getService(SERVICE), {
        getUser: one((request) => users.get(request)),
        createUser: one((request) => users.create(request)),
        listUsers: many((request) => users.list(request)),
        streamUsers: many((request) => users.stream(request)),
        importUsers,
        chat,
        updateUser: one((request) => users.update(request)),
        deleteUser: one((request) => users.delete(request)),
      }),
  }),
);
server.listen(Number(port), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
