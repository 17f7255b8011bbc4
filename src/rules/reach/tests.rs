//! What is reached, by path; and who breaks, by direction.

use super::*;
use crate::diag::{Agreement, Direction, Encoding, Evidence, Peer, Reading, RuleInfo, Witness};
use crate::schema::{Source, load};

const USER: &str = "syntax = \"proto3\"; package user; \
    message Zip { string code = 1; } \
    message Address { Zip zip = 1; map<string, Zip> more = 2; Kind kind = 3; } \
    enum Kind { HOME = 0; WORK = 1; } \
    message UserResponse { Address address = 1; UserResponse manager = 2; oneof o { Zip work = 3; } } \
    message GetUser { string id = 1; } \
    message SetAddress { Address address = 1; } \
    message Kept { Lone lone = 1; } message Lone {} \
    service UserService { rpc GetUser(GetUser) returns (UserResponse); rpc SetAddress(SetAddress) returns (GetUser); }";

static RULE: RuleInfo = RuleInfo { id: "R", name: "R", summary: "", explain: "", url: None };

fn schema(text: &str) -> Schema {
    let loaded = load(&Source::Text(vec![("a.proto".into(), text.into())]));
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    loaded.schema
}

fn finding(symbol: &str, evidence: Option<Evidence>) -> Diagnostic {
    let said = Diagnostic::new(&RULE, Severity::Error, "");
    Diagnostic { symbol: Some(symbol.to_owned()), evidence: evidence.map(Box::new), ..said }
}

fn reached(symbol: &str) -> Vec<String> {
    let schema = schema(USER);
    let mut said = [finding(symbol, None)];
    attach(&schema, &schema, None, &mut said);
    let [said] = said;
    let ways = said.evidence.map(|it| it.affected).unwrap_or_default();
    ways.iter().map(|it| format!("{} {}", it.rpc, it.path).trim_end().to_owned()).collect()
}

#[test]
fn a_way_is_a_shortest_one_and_names_the_element() {
    let (get, set) = ("user.UserService/GetUser", "user.UserService/SetAddress");
    let ways = |answer: &str, request: &str| vec![format!("{get} {answer}"), format!("{set} {request}")];
    assert_eq!(reached("user.Address.zip"), ways("UserResponse.address.zip", "SetAddress.address.zip"));
    assert_eq!(reached("user.Zip.code"), ways("UserResponse.work.code", "SetAddress.address.zip.code"));
    assert_eq!(reached("user.Zip"), ways("UserResponse.work", "SetAddress.address.zip"));
    assert_eq!(
        reached("user.Kind.WORK"),
        ways("UserResponse.address.kind = WORK", "SetAddress.address.kind = WORK")
    );
    assert_eq!(reached("user.UserResponse.o"), [format!("{get} UserResponse.o")]);
    // One message on two sides of two rpcs.
    assert_eq!(reached("user.GetUser.id"), ways("GetUser.id", "GetUser.id"));
    assert_eq!(reached("user.UserService/GetUser"), [get]);
    assert_eq!(reached("user.UserService"), [get, set]);
    for nowhere in ["user.Lone", "user.Nobody", "user.Zip.nothing", "user.UserService/Nothing"] {
        assert_eq!(reached(nowhere), [""; 0], "{nowhere}");
    }
}

#[test]
fn ways_are_counted_beyond_the_first_ones() {
    let uses = Uses::of(&schema(USER));
    let (ways, more) = uses.ways("user.Zip", 1);
    assert_eq!((ways[0].rpc.as_str(), ways.len(), more), ("user.UserService/GetUser", 1, 1));
    let steps = |side| uses.nearest("user.Zip", side).unwrap().steps;
    assert_eq!(steps(Side::Request), ["SetAddress", "address", "zip"]);
    assert_eq!(steps(Side::Response), ["UserResponse", "work"]);
}

#[test]
fn what_is_only_in_the_new_schema_is_looked_for_there() {
    let (old, new) = (schema(USER), schema(&USER.replace("WORK = 1;", "WORK = 1; AWAY = 2;")));
    let mut said = [finding("user.Kind.AWAY", None)];
    attach(&old, &new, None, &mut said);
    assert_eq!(said[0].evidence.as_ref().unwrap().affected.len(), 2);
}

#[test]
fn directions_are_those_of_the_rpcs_and_storage_is_what_somebody_says() {
    let uses = Uses::of(&schema(USER));
    let flow = |name: &str, stored: Option<&[&str]>| {
        let stored = stored.map(|it| it.iter().map(|it| format!("user.{it}")).collect::<Vec<_>>());
        let it = uses.flow(&format!("user.{name}"), stored.as_deref());
        (it.to_server, it.to_client, it.stored, it.unknown)
    };
    assert_eq!(flow("Zip", None), (true, true, false, false));
    assert_eq!(flow("UserResponse", None), (false, true, false, false));
    assert_eq!(flow("SetAddress", None), (true, false, false, false));
    assert_eq!(flow("Lone", None), (false, false, false, true));
    assert_eq!(flow("Kept", None), (false, false, false, true));
    assert_eq!(flow("Lone", Some(&["Kept"])), (false, false, true, false));
    assert_eq!(flow("Kept", Some(&["Lone"])), (false, false, false, false));
    assert_eq!(flow("Kind", Some(&["SetAddress"])), (true, true, true, false));
}

#[test]
fn who_reads_otherwise_breaks_and_the_other_side_goes_first() {
    use Direction::{NewToOld, OldToNew};
    use Peer::{NewClients, OldClients, StoredData};
    let (request, response, lone) = ("user.SetAddress", "user.UserResponse", "user.Lone");
    type Case = (&'static str, &'static [Direction], &'static [Peer], Option<&'static str>);
    let cases: [Case; 8] = [
        (request, &[OldToNew], &[OldClients], Some("clients first")),
        (request, &[NewToOld], &[NewClients], Some("servers first")),
        (response, &[NewToOld], &[OldClients], Some("clients first")),
        (response, &[OldToNew], &[NewClients], Some("servers first")),
        (response, &[OldToNew, NewToOld], &[OldClients, NewClients], None),
        (request, &[], &[], None),
        (lone, &[OldToNew], &[StoredData], None),
        (lone, &[NewToOld], &[], None),
    ];
    let schema = schema(USER);
    for (symbol, fails, who, order) in cases {
        let reading = |direction: Direction| Reading {
            direction,
            encoding: Encoding::Binary,
            verdict: if fails.contains(&direction) { Agreement::Lossy } else { Agreement::Same },
            written: String::new(),
            read: String::new(),
        };
        let readings = [OldToNew, NewToOld].map(reading).to_vec();
        let witness = Witness { message: String::new(), hex: String::new(), json: String::new(), readings };
        let evidence = Evidence { witness: Some(Ok(witness)), ..Evidence::default() };
        let mut said = [finding(symbol, Some(evidence))];
        attach(&schema, &schema, None, &mut said);
        let evidence = said[0].evidence.as_ref().unwrap();
        assert_eq!((&*evidence.breaks, evidence.deploy.as_deref()), (who, order), "{symbol} {fails:?}");
    }
}

#[test]
fn what_a_rule_has_said_itself_stays() {
    let evidence = Evidence { breaks: vec![Peer::StoredData], ..Evidence::default() };
    let mut said = [finding("user.Zip.code", Some(evidence))];
    let schema = schema(USER);
    attach(&schema, &schema, None, &mut said);
    let evidence = said[0].evidence.as_ref().unwrap();
    assert_eq!((evidence.breaks.len(), evidence.affected.len()), (1, 2));
}
