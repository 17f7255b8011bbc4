// The faults a server takes on with MUTANT=Bxx: as a service in Node would have them, one branch each.
//
// Without MUTANT everything here answers as if this file were not there. B10, B15 and B53 are grpc-js' own,
// since connect-node lets no handler send them; B34 is connect-node's, since grpc-js keeps deadlines itself.

import { Refused, Users as Healthy, status } from "./users.mjs";

const KNOWN = "B01 B02 B03 B05 B06 B10 B11 B15 B17 B20 B24 B26 B28 B30 B34 B35 B53".split(" ");
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
    const user = super.get(request);
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
    if (MUTANT === "B17") return { ...user, id: "" };
    if (MUTANT === "B15") return { ...user, name: cut(user.name) };
    return user;
  }

  list(request, otherwise) {
    if (MUTANT === "B05" && request.limit < 0) return new Array(request.limit); // the rule was forgotten
    const page = super.list(request, otherwise);
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
