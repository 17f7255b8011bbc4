//! What a schema promises, kept and broken: a shelf of books behind one fault each.

use std::collections::BTreeMap;

use prost_reflect::{ReflectMessage as _, Value};

use super::*;
use crate::{promise, values};

const BOOKS: &str = r#"
    syntax = "proto3"; package books;
    import "buf/validate/validate.proto"; import "google/api/field_behavior.proto";
    service Books {
      rpc CreateBook(CreateBookRequest) returns (Book);
      rpc GetBook(GetBookRequest) returns (Book) { option idempotency_level = NO_SIDE_EFFECTS; }
      rpc UpdateBook(UpdateBookRequest) returns (Book);
      rpc ListBooks(ListBooksRequest) returns (stream Book) { option idempotency_level = NO_SIDE_EFFECTS; }
    }
    message Book {
      string name = 1 [(google.api.field_behavior) = IDENTIFIER];
      string title = 2 [(google.api.field_behavior) = REQUIRED];
      string shelf = 3 [(google.api.field_behavior) = OUTPUT_ONLY];
      string secret = 4 [(google.api.field_behavior) = INPUT_ONLY];
      string isbn = 5 [(google.api.field_behavior) = IMMUTABLE];
      int32 pages = 6 [(buf.validate.field).int32 = {gte: 1, lte: 9999}];
      repeated string tags = 7 [(buf.validate.field).repeated = {max_items: 3, unique: true, items: {string: {pattern: "^[a-z]{2,8}$"}}}];
    }
    message CreateBookRequest {
      Book book = 1 [(buf.validate.field).required = true];
      string request_id = 2 [(buf.validate.field) = {ignore: IGNORE_IF_ZERO_VALUE, string: {uuid: true}}];
    }
    message GetBookRequest { string name = 1 [(google.api.field_behavior) = REQUIRED]; }
    message UpdateBookRequest { string name = 1; Book book = 2 [(google.api.field_behavior) = REQUIRED]; }
    message ListBooksRequest { int32 limit = 1 [(buf.validate.field).int32.gte = 0]; }
"#;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Pages are never looked at.
    NoPages,
    /// Any request id will do.
    NoUuid,
    /// Nor are tags more than the first.
    FirstTag,
    /// A limit of 1000 is refused.
    NoThousand,
    ZeroPages,
    NoTitle,
    KeepsShelf,
    RefusesShelf,
    ShowsSecret,
    ChangesIsbn,
    OtherName,
}

struct Shelf {
    pool: DescriptorPool,
    fault: Fault,
    books: Mutex<BTreeMap<String, DynamicMessage>>,
    rules: BTreeMap<String, promise::Rules>,
}

const INVALID: &str = "3";

impl Shelf {
    fn new(fault: Fault) -> Shelf {
        let schema = load(&Source::Text(vec![("books.proto".into(), BOOKS.into())])).schema;
        let pool = schema.pool().clone();
        let of = |it: prost_reflect::MessageDescriptor| (it.full_name().to_owned(), promise::Rules::of(&it));
        let rules = pool.services().flat_map(|it| it.methods().collect::<Vec<_>>()).map(|it| of(it.input()));
        Shelf { rules: rules.collect(), pool, fault, books: Mutex::default() }
    }

    fn answer(&self, call: &Call) -> Exchange {
        let service = self.pool.get_service_by_name("books.Books").unwrap();
        let Some(method) = service.methods().find(|it| call.path.ends_with(&format!("/{}", it.name())))
        else {
            return answer(End::TrailersOnly, "12", 0);
        };
        let sent = messages(call).and_then(|it| it.into_iter().next());
        let request = sent.and_then(|it| DynamicMessage::decode(method.input(), it.as_ref()).ok());
        let Some(request) = request else { return answer(End::TrailersOnly, "13", 0) };
        match self.handle(method.name(), &request) {
            Ok(replies) => {
                let mut exchange = answer(End::Trailers, "0", 0);
                exchange.messages = replies.iter().map(|it| (0, values::encode(it).into())).collect();
                exchange
            }
            Err(status) => answer(End::TrailersOnly, status, 0),
        }
    }

    fn valid(&self, name: &str, request: &DynamicMessage) -> bool {
        let fault = self.fault;
        let of = |violation: &promise::Violation| match fault {
            Fault::NoPages => violation.path.ends_with("pages"),
            Fault::NoUuid => violation.path == "request_id",
            Fault::FirstTag => violation.rule == "repeated.max_items",
            _ => false,
        };
        let rules = &self.rules[request.descriptor().full_name()];
        let missing = promise::behavior::missing(request);
        let missing = missing.iter().filter(|it| !(fault == Fault::NoTitle && it.ends_with("title")));
        let partial = name == "UpdateBook";
        rules.violations(request).iter().all(of)
            && missing.filter(|it| !(partial && it.contains('.'))).count() == 0
    }

    fn handle(&self, method: &str, request: &DynamicMessage) -> Result<Vec<DynamicMessage>, &'static str> {
        if !self.valid(method, request) {
            return Err(INVALID);
        }
        let mut books = self.books.lock().unwrap();
        let text = |message: &DynamicMessage, field: &str| {
            message.get_field_by_name(field).unwrap().as_str().unwrap_or_default().to_owned()
        };
        let set = |book: &mut DynamicMessage, field: &str, value: &str| {
            book.set_field_by_name(field, Value::String(value.into()));
        };
        match method {
            "ListBooks" => {
                let limit = request.get_field_by_name("limit").unwrap().as_i32().unwrap_or_default();
                let refused = self.fault == Fault::NoThousand && limit == 1000;
                if refused { Err(INVALID) } else { Ok(Vec::new()) }
            }
            "GetBook" => {
                let mut book = books.get(&text(request, "name")).cloned().ok_or("5")?;
                if self.fault == Fault::OtherName {
                    set(&mut book, "name", "books/other");
                }
                Ok(vec![self.shown(book)])
            }
            _ => {
                let mut book = request.get_field_by_name("book").unwrap().as_message().unwrap().clone();
                if self.fault == Fault::RefusesShelf && !text(&book, "shelf").is_empty() {
                    return Err(INVALID);
                }
                if self.fault != Fault::KeepsShelf || text(&book, "shelf").is_empty() {
                    set(&mut book, "shelf", "A1");
                }
                let name = match method {
                    "CreateBook" => format!("books/{}", books.len() + 1),
                    _ => text(request, "name"),
                };
                set(&mut book, "name", &name);
                if method == "UpdateBook" {
                    let old = books.get(&name).ok_or("5")?;
                    if self.fault != Fault::ChangesIsbn || text(&book, "isbn").is_empty() {
                        set(&mut book, "isbn", &text(old, "isbn"));
                    }
                }
                books.insert(name, book.clone());
                Ok(vec![self.shown(book)])
            }
        }
    }

    fn shown(&self, mut book: DynamicMessage) -> DynamicMessage {
        if self.fault != Fault::ShowsSecret {
            book.clear_field_by_name("secret");
        }
        if self.fault == Fault::ZeroPages {
            book.clear_field_by_name("pages");
        }
        book
    }
}

impl Transport for Shelf {
    async fn call(&self, call: &Call) -> Result<Exchange, CallError> {
        tokio::task::yield_now().await;
        Ok(Shelf::answer(self, call))
    }
}

async fn found(fault: Fault) -> Vec<String> {
    let shelf = Shelf::new(fault);
    let (_keep, stop) = watch::channel(false);
    let few = Config { cases: 10, ..config(4) };
    let plan = Plan::new(shelf.pool.services(), &[]).unwrap();
    let outcome = run(&plan, &shelf, &few, stop, &mut |_| {}).await;
    let last = |method: &str| method.rsplit('/').next().unwrap_or_default().to_owned();
    let mut found: Vec<String> =
        outcome.cases.iter().map(|case| format!("{} {}", case.check, last(&case.method))).collect();
    // Each is found again on the same server, which has the same books, and not on one without the fault.
    let healthy = Shelf::new(Fault::None);
    for case in &outcome.cases {
        // Of an update sent in two forms a saved case does not know that its name must stay.
        let stays = case.method.ends_with("/UpdateBook") && case.class != "invalid" && case.class != "valid";
        let clean = replay(case, &shelf, &shelf.pool, &[]).await.verdict() == Verdict::Clean;
        assert!(!clean || stays || fault == Fault::NoThousand, "{case:?}");
        assert_eq!(replay(case, &healthy, &shelf.pool, &[]).await.verdict(), Verdict::Clean, "{case:?}");
    }
    // Only what may have a good reason is a warning.
    let warned = outcome.report.verdict() == Verdict::Clean;
    assert_eq!(warned, matches!(fault, Fault::None | Fault::NoThousand), "{fault:?}");
    found.sort();
    found.dedup();
    found
}

#[tokio::test]
async fn each_broken_promise_is_found_by_its_check_alone() {
    for (fault, expected) in [
        (Fault::None, &[][..]),
        (Fault::NoPages, &["protovalidate_request CreateBook", "protovalidate_request UpdateBook"]),
        (Fault::NoUuid, &["protovalidate_request CreateBook"]),
        (Fault::FirstTag, &["protovalidate_request CreateBook", "protovalidate_request UpdateBook"]),
        (Fault::NoThousand, &["protovalidate_request ListBooks"]),
        (
            Fault::ZeroPages,
            &[
                "protovalidate_response CreateBook",
                "protovalidate_response GetBook",
                "protovalidate_response UpdateBook",
            ],
        ),
        (Fault::NoTitle, &["required_field_enforced CreateBook"]),
        (Fault::KeepsShelf, &["output_only_ignored CreateBook", "output_only_ignored UpdateBook"]),
        (Fault::RefusesShelf, &["output_only_ignored CreateBook", "output_only_ignored UpdateBook"]),
        (
            Fault::ShowsSecret,
            &["input_only_hidden CreateBook", "input_only_hidden GetBook", "input_only_hidden UpdateBook"],
        ),
        (Fault::ChangesIsbn, &["immutable_kept UpdateBook"]),
        (Fault::OtherName, &["identifier_stable GetBook"]),
    ] {
        assert_eq!(found(fault).await, expected, "{fault:?}");
    }
}

#[tokio::test]
async fn rules_that_are_not_understood_are_said_and_never_a_finding() {
    const CEL: &str = r#"syntax = "proto3"; package books; import "buf/validate/validate.proto";
        service Books { rpc GetBook(M) returns (M); }
        message M { string a = 1 [(buf.validate.field) = {cel: {id: "x" expression: "there != ''"}, string: {len: 3}}]; }"#;
    const HOPELESS: &str = r#"syntax = "proto3"; package books; import "buf/validate/validate.proto";
        service Books { rpc GetBook(M) returns (M); }
        message M { int32 a = 1 [(buf.validate.field).int32 = {in: [1], not_in: [1]}]; }"#;
    for (text, why) in [(CEL, "`there != ''`"), (HOPELESS, "a: must be none of 1 (int32.not_in)")] {
        let schema = load(&Source::Text(vec![("m.proto".into(), text.into())])).schema;
        let plan = Plan::new(schema.pool().services(), &[]).unwrap();
        let (_keep, stop) = watch::channel(false);
        let few = Config {
            cases: 10,
            checks: select(&["PG161".into(), "PG162".into()], &[], false).unwrap(),
            ..config(4)
        };
        // Whatever is sent comes back.
        let echo = Mock(|call: &Call| {
            let mut exchange = answer(End::Trailers, "0", 0);
            exchange.messages = messages(call).unwrap_or_default().into_iter().map(|it| (0, it)).collect();
            exchange
        });
        let outcome = run(&plan, &echo, &few, stop, &mut |_| {}).await;
        assert!(text == HOPELESS || outcome.cases.is_empty(), "{:?}", outcome.cases);
        let said: Vec<&str> = outcome.report.diagnostics().iter().map(|it| &*it.message).collect();
        assert!(said.iter().any(|it| it.contains("are not tested") && it.contains(why)), "{said:?}");
    }
}
