//! The kinds of things that can be wrong with a contract.

use crate::diag::RuleInfo;

macro_rules! kind {
    ($name:ident, $id:literal, $word:literal, $summary:literal, $explain:literal) => {
        pub(in super::super) static $name: RuleInfo =
            RuleInfo { id: $id, name: $word, summary: $summary, explain: $explain, url: None };
    };
}

kind!(
    SYNTAX,
    "PG301",
    "contract_syntax",
    "Every expression of a contract is CEL.",
    "Rules, conditions, keys and values are expressions of the Common Expression Language. This one cannot be read, so \
     that what it was to promise would never be asked. The place is the character where reading stopped."
);
kind!(
    NAME,
    "PG302",
    "contract_name",
    "Expressions use variables, fields and functions that exist.",
    "What an expression may speak of depends on where it stands: `req` and `old` before a call; `resp`, `sent`, `got`, \
     `code`, `new`, `now` and `started_at` after it. Fields have the names that the `.proto` file gives them. Functions \
     are those of CEL and of its extensions for lists, mathematics and strings."
);
kind!(
    TYPE,
    "PG303",
    "contract_type",
    "The two sides of an operator fit, and a rule is true or false.",
    "CEL has no checker of types: a string that is compared with a number is only found when a call is judged, and a \
     rule that cannot be evaluated protects nothing. Enums are numbers of type int, `uint32` and `uint64` are uint, and \
     numbers of different types are not added: `int(x)`, `uint(x)`, `double(x)` and `string(x)` convert."
);
kind!(
    ID,
    "PG304",
    "contract_id",
    "Every rule has an id of its own.",
    "An id names the rule in reports, in the list of known failures and in `disable` of a side file. It is unique in its \
     method or service and looks like `lower_snake_case`."
);
kind!(
    STATE,
    "PG305",
    "contract_state",
    "Every variable of the model has a name of its own and types that exist.",
    "`state` of a service declares what it keeps: `map { key: \"string\" value: \"shop.v1.Order\" }` or \
     `list { value: \"string\" }`. A type is a scalar type of protobuf, or the full name of a message or enum; a key is a string, \
     an integer or a bool."
);
kind!(
    EFFECT,
    "PG306",
    "contract_effect",
    "Every effect changes a variable of the right kind.",
    "`put` and `delete` change a map, `append` and `remove` a list, `clear` and `open` either. The name is that of a \
     `state` of the service, and keys and values have the types that it declares."
);
kind!(
    PATH,
    "PG307",
    "contract_path",
    "Paths of `errors.field`, `draw`, `volatile`, `pagination`, `idempotency` and `isolation` lead to fields.",
    "A path is made of field names with dots between them, such as `user.address.zip`: of the request for `errors.field` \
     and `draw.field`, of the reply for `volatile`, of both for `isolation`. `draw.from` is the name of a variable of the model whose keys, or \
     elements, have the type of the field."
);
kind!(
    STATUS,
    "PG308",
    "contract_status",
    "The statuses of a contract do not contradict each other.",
    "A refused call ends with a status that is not OK: `otherwise` and `code` are left out, or say OK. Where `may_return` \
     lists statuses, those of `errors` and `requires` are among them."
);
kind!(
    STREAM,
    "PG309",
    "contract_stream",
    "Promises of streams stand at methods that stream, and of single replies at those that do not.",
    "`stream` and `end` speak of a stream; a unary method has none. Where the server streams there is no `resp`: `got` \
     holds the replies. Where the client streams there is no `req`: `sent` holds the requests."
);
kind!(
    DISABLE,
    "PG310",
    "contract_disable",
    "Every id under `disable` is that of a rule.",
    "A side file switches off a rule that the schema, or a side file before it, declares for the same method or service. \
     An id that matches none switches nothing off: it is misspelt, or the rule is gone."
);
kind!(
    UNCHANGED,
    "PG311",
    "contract_unchanged",
    "Every variable of the model is changed by an effect.",
    "A variable that nothing changes is empty for ever, so that rules about it say nothing. Declare the `effect` of the \
     methods that write, or remove the variable."
);
kind!(
    SIDE,
    "PG312",
    "contract_side",
    "Side files name what the schema has, and add to it.",
    "A side file (`*.contract.toml`) holds the messages of `protogate/contract/v1/contract.proto`, as `[method.\"package.\
     Service/Method\"]` and `[service.\"package.Service\"]`. It adds rules, or disables them by id; a rule is never \
     replaced in silence, so that one with the id of an earlier rule needs a `disable` first."
);

kind!(
    EXAMPLE,
    "PG313",
    "contract_example",
    "Every example is a request, and a reply, of its method.",
    "`request` and `reply` of `examples` are ProtoJSON of the types of the method: fields by their JSON names or as the \
     `.proto` file has them. A method that does not stream has one request, and one reply where its example says OK; one \
     that ends with an error has none."
);
kind!(
    OFFER,
    "PG314",
    "contract_offer",
    "What a method offers beyond rules is complete enough to be asked.",
    "`pagination` names `limit` and `offset`, or pages by size and token; `idempotency` names a field or a header, and not \
     both; `auth: OWNER` needs a `draw` that says which field names the thing, from a map that a method of the service \
     puts things into. What is left out here would never be asked."
);

/// All of them.
pub static PROBLEMS: [&RuleInfo; 14] = [
    &SYNTAX, &NAME, &TYPE, &ID, &STATE, &EFFECT, &PATH, &STATUS, &STREAM, &DISABLE, &UNCHANGED, &SIDE,
    &EXAMPLE, &OFFER,
];
