// What the service promises, without a word of gRPC's: users in memory and the rules of user.proto by hand.
//
// Both servers of this folder are shells around `Users`. A refusal is an exception that names its status.
// Integers of 64 bits are BigInt in one of them and Number in the other: `seconds` makes them.

import { randomUUID } from "node:crypto";

const DEFAULT_PAGE = 100;
// As protovalidate's `email` rule, which follows the HTML standard.
const LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
const EMAIL = new RegExp(`^[a-zA-Z0-9.!#$%&'*+/=?^_\`{|}~-]+@${LABEL}(?:\\.${LABEL})*$`);

/** The number of a gRPC status and a sentence for the caller. */
export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export const status = { INVALID_ARGUMENT: 3, NOT_FOUND: 5, ALREADY_EXISTS: 6, INTERNAL: 13 };

export function invalid(field, rule) {
  throw new Refused(status.INVALID_ARGUMENT, `${field}: ${rule}`);
}

// The rules count code points, `length` counts halves of surrogate pairs.
function longerThan(text, most) {
  return text.length > most && [...text].length > most;
}

function validId(id) {
  if (id === "" || longerThan(id, 64)) invalid("id", "must have 1 to 64 characters");
}

function validName(name) {
  if (name === "" || longerThan(name, 100)) invalid("name", "must have 1 to 100 characters");
}

function validEmail(email) {
  if (longerThan(email, 254) || !EMAIL.test(email)) invalid("email", "must be an email address of at most 254 characters");
}

/** Whether the sender set an optional field. One runtime leaves it undefined otherwise, the other null. */
function has(value) {
  return value !== undefined && value !== null;
}

export class Users {
  users = new Map(); // by id, in the order of their creation
  emails = new Map(); // whose they are, by id

  constructor(seconds) {
    this.now = () => seconds(Math.floor(Date.now() / 1000));
  }

  get({ id }) {
    validId(id);
    return this.find(id);
  }

  create(request) {
    return this.createAll([request])[0];
  }

  /** All of them or none. */
  createAll(requests) {
    for (const { name, email } of requests) {
      validName(name);
      validEmail(email);
    }
    const emails = new Set(requests.map(({ email }) => email));
    if (emails.size < requests.length || requests.some(({ email }) => this.emails.has(email))) {
      throw new Refused(status.ALREADY_EXISTS, "email: another user has it");
    }
    const created = requests.map(({ name, email }) => ({ id: randomUUID(), name, email, createdAt: this.now() }));
    for (const user of created) {
      this.users.set(user.id, user);
      this.emails.set(user.email, user.id);
    }
    return created;
  }

  list(request, otherwise = DEFAULT_PAGE) {
    for (const field of ["limit", "offset"]) {
      if (request[field] < 0) invalid(field, "must not be negative");
    }
    const { offset, limit } = request;
    return [...this.users.values()].slice(offset, offset + (limit || otherwise));
  }

  stream(request) {
    return this.list(request, Infinity);
  }

  importAll(requests) {
    return { count: this.createAll(requests).length };
  }

  answer({ id, userId, text }) {
    return { id, userId, text, sentAt: this.now() };
  }

  update({ id, name, email }) {
    validId(id);
    if (has(name)) validName(name);
    if (has(email)) validEmail(email);
    const user = { ...this.find(id) }; // a copy: the old one may be on its way to another client
    if (has(name)) user.name = name;
    if (has(email)) {
      if ((this.emails.get(email) ?? id) !== id) throw new Refused(status.ALREADY_EXISTS, "email: another user has it");
      this.emails.delete(user.email);
      this.emails.set(email, id);
      user.email = email;
    }
    this.users.set(id, user);
    return user;
  }

  delete({ id }) {
    validId(id);
    this.emails.delete(this.find(id).email);
    this.users.delete(id);
    return {};
  }

  find(id) {
    const user = this.users.get(id);
    if (user === undefined) throw new Refused(status.NOT_FOUND, "no user has this id");
    return user;
  }
}
