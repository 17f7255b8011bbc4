// user.UserService in Node with @grpc/grpc-js, written without protogate, to be tested from outside.
//
//     node grpc_js.mjs [--port PORT]      PORT 0, the default, takes a free one; SIGTERM or Ctrl-C stops it
//     MUTANT=B06 node grpc_js.mjs         with a fault of mutants.mjs
//
// The packages of package.json are where MODULES says, or beside this file.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { answersTwice, codeOf, neverEnds, neverEndsChats, Users } from "./mutants.mjs";
import { Refused } from "./users.mjs";
import { load } from "./modules.mjs";

const [grpc, loader, { ReflectionService }, { HealthImplementation }] = await Promise.all(
  ["@grpc/grpc-js", "@grpc/proto-loader", "@grpc/reflection", "grpc-health-check"].map(load),
);

const SERVICE = "user.UserService";
const descriptors = readFileSync(new URL("../../../generated/descriptor.binpb", import.meta.url));
const definitions = loader.loadFileDescriptorSetFromBuffer(descriptors, { longs: Number, defaults: true, oneofs: true });
const users = new Users(Number);

/** What grpc-js ends a call with; anything but a refusal is a fault of this server. */
function failure(error) {
  return error instanceof Refused ? { code: codeOf(error), details: error.message } : error;
}

/** One request, one answer. */
function unary(answer) {
  return (call, callback) => {
    try {
      callback(null, answer(call.request));
    } catch (error) {
      callback(failure(error));
    }
  };
}

/** Waits until the client has taken what was written, or left. */
function drained(call) {
  const events = ["drain", "cancelled", "close"];
  return new Promise((go) => {
    const done = () => {
      for (const event of events) call.off(event, done);
      go();
    };
    for (const event of events) call.once(event, done);
  });
}

/** One request, many answers. */
function streamed(answers) {
  return async (call) => {
    try {
      for (const answer of answers(call.request)) {
        if (call.cancelled) return;
        if (!call.write(answer)) await drained(call); // the client sets the pace
      }
      if (!neverEnds(call.request)) call.end();
    } catch (error) {
      call.emit("error", failure(error));
    }
  };
}

function importUsers(call, callback) {
  const requests = [];
  call.on("data", (request) => requests.push(request));
  call.on("error", () => {}); // the client is gone or sent nonsense: grpc-js ends the call
  call.on("end", () => unary((all) => users.importAll(all))({ request: requests }, callback));
}

function chat(call) {
  call.on("data", (message) => {
    if (!call.write(users.answer(message))) {
      call.pause();
      call.once("drain", () => call.resume());
    }
  });
  call.on("error", () => {});
  call.on("end", () => neverEndsChats || call.end());
}

/** A descriptor set has the names of the schema, and the users those of JavaScript. */
function renamed(message, rename) {
  return Object.fromEntries(Object.entries(message).map(([name, value]) => [rename(name), value]));
}
const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const service = { ...definitions[SERVICE] };
for (const [method, definition] of Object.entries(service)) {
  service[method] = {
    ...definition,
    requestDeserialize: (bytes) => renamed(definition.requestDeserialize(bytes), camel),
    responseSerialize: (message) => definition.responseSerialize(renamed(message, snake)),
  };
}
const handlers = {
  GetUser: unary((request) => users.get(request)),
  CreateUser: unary((request) => users.create(request)),
  ListUsers: streamed((request) => users.list(request)),
  StreamUsers: streamed((request) => users.stream(request)),
  ImportUsers: importUsers,
  Chat: chat,
  UpdateUser: unary((request) => users.update(request)),
  DeleteUser: unary((request) => users.delete(request)),
};
for (const [method, definition] of Object.entries(service)) {
  if (!answersTwice(method)) continue;
  const one = handlers[method];
  service[method] = { ...definition, responseStream: true };
  handlers[method] = streamed((request) => {
    let answers;
    one({ request }, (error, answer) => {
      if (error) throw new Refused(error.code, error.details);
      answers = [answer, answer];
    });
    return answers;
  });
}

const { port = "0" } = parseArgs({ options: { port: { type: "string" } } }).values;
const server = new grpc.Server();
server.addService(service, handlers);
new HealthImplementation({ "": "SERVING", [SERVICE]: "SERVING" }).addToServer(server);
new ReflectionService(definitions).addToServer(server);
server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, bound) => {
  if (error) throw error;
  console.log(`listening on http://127.0.0.1:${bound}`);
});
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => {
    server.forceShutdown();
    process.exit(0);
  });
}
