// The faults a server takes on with MUTANT=Bxx: as a service in Node would have them, one branch each.
//
// Without MUTANT everything here answers as if this file were not there. B10, B15 and B53 are grpc-js' own,
// since connect-node lets no handler send them; B34 is connect-node's, since grpc-js keeps deadlines itself.

import { Refused, Users as Healthy, invalid, status } from "./users.mjs";

const KNOWN = (
  "B01 B02 B03 B05 B06 B07 B08 B09 B10 B11 B12 B13 B14 B15 B16f B17 B18 B19 B20 " +
  "B22 B23 B23b B24 B25 B26 B27 B28 B30 B34 B35 B53"
).split(" ");
export const MUTANT = process.env.MUTANT ?? "";
if (MUTANT !== "" && !KNOWN.includes(MUTANT)) {
  console.error(`no mutant ${MUTANT}; there are ${KNOWN.join(" ")}`);
  process.exit(2);
}

export class Users extends Healthy {
  get(request) {
    if (MUTANT === "B06" && request.id !== "" && this.users.get(request.id).id === "") return {}; // reads what is not there
    if (MUTANT === "B11" && request.id !== "" && !this.users.has(request.id)) {
      throw new Refused(status.NOT_FOUND, new Error("no user has this id").stack); // a service in its debug mode
    }
    const isUnknown = request.id !== "" && !this.users.has(request.id);
    if (MUTANT === "B07" && request.id === "") throw new Refused(status.NOT_FOUND, "no user has this id"); // looks too early
    if (MUTANT === "B08" && isUnknown) invalid("id", "must be the id of a user");
    if (MUTANT === "B09" && isUnknown) return {}; // `?? {}`
    const user = super.get(request);
    if (MUTANT === "B12") {
      const everybody = [...this.users.values()]; // an index that is one too high
      return everybody[(everybody.indexOf(user) + 1) % everybody.length];
    }
    if (MUTANT === "B20") user.createdAt++; // counts visits in a field of the user
    return user;
  }

  create(request) {
    if (MUTANT === "B01" && request.name !== "" && request.name.trim() === "") {
      request.name.match(/\S/)[0].toUpperCase(); // the first letter, which is not there
    }
    if (MUTANT === "B02" && /[\u{10000}-\u{10ffff}]/u.test(request.name)) {
      throw new Error("incorrect string value"); // a database with UTF-8 of three bytes
    }
    if (MUTANT === "B03" && Buffer.byteLength(request.name) > 64) {
      throw new Refused(status.INTERNAL, "value too long for type character varying(64)");
    }
    const user = super.create(request);
    if (MUTANT === "B13") return { ...user, name: user.email, email: user.name }; // arguments in the wrong order
    const reply = { ...user };
    if (MUTANT === "B14") user.name = (user.name.trim() || user.name).normalize("NFC"); // tidied after the reply was made
    if (MUTANT === "B16f") reply.createdAt = user.createdAt = times1000(user.createdAt); // as Date has it
    if (MUTANT === "B18") super.delete(user); // never committed
    if (MUTANT === "B19") user.name = user.name.toLowerCase(); // kept for a search that does not look at the case
    if (["B14", "B16f", "B18", "B19"].includes(MUTANT)) return reply;
    if (MUTANT === "B17") return { ...user, id: "" };
    if (MUTANT === "B15") return { ...user, name: cut(user.name) };
    return user;
  }

  list(request, otherwise) {
    if (MUTANT === "B05" && request.limit < 0) return new Array(request.limit); // the rule was forgotten
    let { offset, limit } = request;
    if (MUTANT === "B22" && limit > 0) limit = Infinity; // reads the limit and does not use it
    if (MUTANT === "B23" && offset > 0) offset--; // counts from one
    if (MUTANT === "B23b" && limit > 0) limit++; // asks for one more to know whether there is one
    const page = super.list({ offset, limit }, otherwise);
    if (MUTANT === "B25") {
      const newest = [...this.users.keys()].at(-1); // a cache that is one user behind
      return page.filter((user) => user.id !== newest);
    }
    if (MUTANT === "B27") return page.slice(0, 2); // the store fails behind the second user, and nobody says so
    if (MUTANT === "B24") return page.toSorted(() => Math.random() - 0.5); // a store without an order
    return page;
  }

  importAll(requests) {
    if (MUTANT === "B30") requests[0].email.split("@"); // remembers the domain of the first one
    return super.importAll(requests);
  }
}

/** Cuts a name in a surrogate pair, as `slice` does wherever one happens to be at the limit. */
function cut(name) {
  const pair = name.search(/[\u{10000}-\u{10ffff}]/u);
  return pair < 0 ? name : name.slice(0, pair + 1);
}

/** Integers of 64 bits are BigInt in one of the servers. */
const times1000 = (seconds) => (typeof seconds === "bigint" ? seconds * 1000n : seconds * 1000);

/** Whether a list is sent, but not that this was all. */
export const neverEnds = (request) => MUTANT === "B26" || (MUTANT === "B28" && request.limit === 0);

/** Whether a chat goes on waiting when its client has said everything. */
export const neverEndsChats = MUTANT === "B35";

/** Whether a call goes on after its deadline. */
export const ignoresDeadlines = MUTANT === "B34";

/** Whether a unary method sends its answer twice. */
export const answersTwice = (method) => MUTANT === "B53" && method === "GetUser";

/** The status of a refusal: B10 uses numbers of its own. */
export const codeOf = (refused) => (MUTANT === "B10" ? refused.code + 40 : refused.code);
