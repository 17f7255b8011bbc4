//! Faults behind a server's validation: a shop that refuses what it does not want, one fault at a time.

use std::collections::BTreeMap;

use prost_reflect::{DescriptorPool, Value};

use super::*;
use crate::{diag::Severity, values};

const SHOP: &str = r#"
    syntax = "proto3"; package shop; import "google/protobuf/timestamp.proto";
    service Shop {
      rpc CreateItem(CreateItemRequest) returns (Item);
      rpc GetItem(GetItemRequest) returns (Item) { option idempotency_level = NO_SIDE_EFFECTS; }
      rpc FindItem(FindItemRequest) returns (Item) { option idempotency_level = NO_SIDE_EFFECTS; }
      rpc Restock(RestockRequest) returns (Item) { option idempotency_level = IDEMPOTENT; }
      rpc Upload(stream Part) returns (Item);
    }
    enum Kind { KIND_UNSPECIFIED = 0; BOX = 1; CRATE = 2; }
    message Item {
      string id = 1; string sku = 2; string note = 3; Kind kind = 4; int32 count = 5;
      google.protobuf.Timestamp since = 6; int64 stock = 7;
    }
    message CreateItemRequest { Item item = 1; }
    message GetItemRequest { string id = 1; int32 view = 2; }
    message FindItemRequest { string sku = 1; }
    message RestockRequest { string id = 1; int64 stock = 2; }
    message Part { oneof part { Header header = 1; bytes chunk = 2; } }
    message Header { string name = 1; }
"#;

/// Names of the reply to a refusal: INVALID_ARGUMENT and what is wrong.
type Refusal = (&'static str, &'static str);

const BROKEN: Refusal = ("13", "it broke");

struct Shop {
    pool: DescriptorPool,
    fault: &'static str,
    items: Mutex<BTreeMap<String, DynamicMessage>>,
    cancels: Mutex<u32>,
}

impl Shop {
    fn answer(&self, call: &Call) -> Exchange {
        let service = self.pool.get_service_by_name("shop.Shop").unwrap();
        let Some(method) = service.methods().find(|it| call.path.ends_with(&format!("/{}", it.name())))
        else {
            return answer(End::TrailersOnly, "12", 0);
        };
        let decode = |bytes: Bytes| DynamicMessage::decode(method.input(), bytes.as_ref()).ok();
        let requests: Option<Vec<DynamicMessage>> =
            messages(call).and_then(|all| all.into_iter().map(decode).collect());
        let whole = requests.filter(|it| method.is_client_streaming() || it.len() == 1);
        let Some(requests) = whole else { return answer(End::TrailersOnly, "13", 0) };
        let timeless = call.metadata.iter().any(|(name, value)| name == "grpc-timeout" && value.is_empty());
        if self.fault == "no deadline" && timeless {
            return answer(End::TrailersOnly, "13", 0);
        }
        if call.script.contains(&Step::Cancel) {
            *self.cancels.lock().unwrap() += 1;
        } else if self.fault == "kept slots" && *self.cancels.lock().unwrap() > 5 {
            return answer(End::TrailersOnly, "8", 0);
        }
        match self.handle(method.name(), &requests) {
            Ok(reply) => Exchange {
                messages: vec![(0, values::encode(&reply).into())],
                ..answer(End::Trailers, "0", 0)
            },
            Err((code, text)) => {
                let mut refusal = answer(End::TrailersOnly, code, 0);
                refusal.trailers.push(("grpc-message".into(), text.as_bytes().to_vec()));
                refusal
            }
        }
    }

    fn handle(&self, method: &str, requests: &[DynamicMessage]) -> Result<DynamicMessage, Refusal> {
        let mut items = self.items.lock().unwrap();
        let get = |of: &DynamicMessage, field: &str| of.get_field_by_name(field).unwrap().into_owned();
        let text = |of: &DynamicMessage, field: &str| get(of, field).as_str().unwrap_or_default().to_owned();
        let fails = |fault: &str, when: bool| if self.fault == fault && when { Err(BROKEN) } else { Ok(()) };
        if method == "Upload" {
            let is = |it: &DynamicMessage, name: &str| it.has_field_by_name(name);
            if !requests.first().is_some_and(|first| is(first, "header")) {
                return Err(("9", "the header comes first"));
            }
            let chunks: Vec<_> = requests.iter().filter(|it| is(it, "chunk")).collect();
            let large = |it: &&DynamicMessage| get(it, "chunk").as_bytes().is_some_and(|it| it.len() > 4096);
            fails("large chunk", chunks.iter().any(large))?;
            fails("many messages", requests.len() > 8)?;
            return Ok(DynamicMessage::new(self.pool.get_message_by_name("shop.Item").unwrap()));
        }
        let request = &requests[0];
        match method {
            "CreateItem" => {
                let Some(mut item) = get(request, "item").as_message().cloned() else { unreachable!() };
                let (sku, count) = (text(&item, "sku"), get(&item, "count").as_i32().unwrap_or_default());
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
                if sku.is_empty() || !sku.chars().all(plain) {
                    return Err(("3", "item.sku must be lower-case letters and digits"));
                }
                let kind = get(&item, "kind").as_enum_number();
                fails("pair", kind == Some(2) && count < 0)?;
                if !(2..=50).contains(&count) && self.fault != "pair" {
                    return Err(("3", "count is out of range"));
                }
                let since = get(&item, "since");
                let seconds =
                    since.as_message().and_then(|it| get(it, "seconds").as_i64()).unwrap_or_default();
                fails("time beyond its range", seconds > 253_402_300_799)?;
                fails("nested edge", text(&item, "note").contains('🦀'))?;
                fails("left out", !item.has_field_by_name("since"))?;
                let id = format!("i{}", items.len());
                item.set_field_by_name("id", Value::String(id.clone()));
                items.insert(id, item.clone());
                Ok(item)
            }
            "GetItem" => {
                let item = items.get(&text(request, "id")).cloned().ok_or(("5", "no such item"))?;
                fails("behind the lookup", get(request, "view").as_i32() == Some(i32::MAX))?;
                Ok(item)
            }
            "FindItem" => {
                let sku = text(request, "sku");
                let item =
                    items.values_mut().find(|it| text(it, "sku") == sku).ok_or(("5", "no such item"))?;
                if self.fault == "read that writes" {
                    let stock = get(item, "stock").as_i64().unwrap_or_default();
                    item.set_field_by_name("stock", Value::I64(stock.wrapping_add(1)));
                }
                Ok(item.clone())
            }
            _ => {
                let item = items.get_mut(&text(request, "id")).ok_or(("5", "no such item"))?;
                let before = if self.fault == "adds each time" { get(item, "stock").as_i64() } else { None };
                let stock = get(request, "stock").as_i64().unwrap_or_default();
                item.set_field_by_name("stock", Value::I64(before.unwrap_or_default().wrapping_add(stock)));
                Ok(item.clone())
            }
        }
    }
}

/// What the run finds, as method and check, what it warns of, and the methods that never answered with OK.
async fn found(fault: &'static str) -> (Vec<String>, Vec<String>) {
    let pool = load(&Source::Text(vec![("shop.proto".into(), SHOP.into())])).schema.pool().clone();
    let shop = Shop { pool: pool.clone(), fault, items: Mutex::default(), cancels: Mutex::default() };
    let plan = Plan::new(pool.services(), &[]).unwrap();
    let (_keep, stop) = watch::channel(false);
    let config = Config { cases: 4, ..config(2) };
    let outcome = run(&plan, &Mock(|call: &Call| shop.answer(call)), &config, stop, &mut |_| {}).await;
    let Some(Section::Run(run)) = outcome.report.sections().first() else { panic!("no run") };
    let short = |name: &str| name.rsplit('/').next().unwrap().to_owned();
    let failures = run.failures.iter().map(|row| format!("{}: {}", short(&row.method), row.check.name));
    let warnings = outcome.report.diagnostics().iter().filter(|it| it.severity == Severity::Warning);
    let warnings = warnings.map(|it| format!("warning: {}", it.rule.name));
    let ok = |row: &&crate::diag::MethodRow| !row.statuses.iter().any(|(code, _)| code == "OK");
    (failures.chain(warnings).collect(), run.methods.iter().filter(ok).map(|row| short(&row.name)).collect())
}

/// The shop takes no item with the first plain value of any of two fields, so that all of these are out of reach for whoever
/// sends what the types allow and learns nothing.
#[tokio::test]
async fn faults_behind_the_validation_are_reached() {
    assert_eq!(found("none").await, (vec![], vec![]));
    for (fault, expected) in [
        ("nested edge", "CreateItem: not_a_server_error"),
        ("left out", "CreateItem: not_a_server_error"),
        ("pair", "CreateItem: not_a_server_error"),
        ("time beyond its range", "CreateItem: not_a_server_error"),
        ("behind the lookup", "GetItem: not_a_server_error"),
        ("read that writes", "FindItem: deterministic_read"),
        ("adds each time", "Restock: idempotent_replay"),
        ("large chunk", "Upload: not_a_server_error"),
        ("many messages", "Upload: not_a_server_error"),
        ("no deadline", "GetItem: metadata_tolerant"),
        ("kept slots", "warning: cancel_survives"),
    ] {
        let (failures, _) = found(fault).await;
        assert!(failures.iter().any(|it| it == expected), "{fault}: {failures:?}");
    }
}
