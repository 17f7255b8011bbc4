//! When a field, an enum value or an rpc may go: after it was deprecated for long enough, and with its number and
//! name reserved.
//!
//! Whether a deletion breaks somebody is for [`breaking`](super::breaking) to say; whether it was announced is said
//! here, over its findings. What the policy allows is no finding; of the rest each says what is missing.
//!
//! The rules `…_UNLESS_…_RESERVED` are left alone: they ask for the reservation only, and are silent when it is there.
//! So is a deletion after which readers refuse whole messages: nobody is spared that by having been told.

use super::ledger::{Deprecation, Holder, Ledger};
use crate::diag::{Agreement, Diagnostic, Encoding};
use crate::schema::Schema;

/// The rules that a deletion is a finding of. Some of them find other things too.
const RULES: [&str; 8] = [
    "FIELD_NO_DELETE",
    "ENUM_VALUE_NO_DELETE",
    "RPC_NO_DELETE",
    "PROVEN_DELETED",
    "GRPC_METHOD_PATH",
    "RUST_STRUCT_SAME_FIELDS",
    "RUST_ENUM_SAME_VARIANTS",
    "RUST_TRAIT_SAME_METHODS",
];

/// What has to come before a deletion.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// In how many releases in a row, up to the last that has it, it is deprecated.
    pub deprecated_releases: usize,
    /// Whether its number and its names have to be reserved. An rpc has nothing to reserve.
    pub reserved: bool,
}

/// What goes.
struct Gone {
    holder: Holder,
    /// The full name of what held it.
    home: String,
    /// None for an rpc.
    number: Option<i32>,
    names: Vec<String>,
}

/// The findings without those that the policy allows.
pub fn apply(
    findings: Vec<Diagnostic>,
    old: &Schema,
    new: &Schema,
    ledger: &Ledger,
    policy: &Policy,
) -> Vec<Diagnostic> {
    let judge = |mut finding: Diagnostic| {
        let Some(gone) = gone(&finding, old, new).filter(|_| !is_refused(&finding)) else {
            return Some(finding);
        };
        let missing = missing(&gone, new, ledger, policy);
        if missing.is_empty() {
            return None;
        }
        finding.help = Some(format!("before it may go: {}", missing.join("; ")));
        Some(finding)
    };
    findings.into_iter().filter_map(judge).collect()
}

/// What a finding says is gone, if the policy is about that.
fn gone(finding: &Diagnostic, old: &Schema, new: &Schema) -> Option<Gone> {
    if !RULES.contains(&finding.rule.id) {
        return None;
    }
    let symbol = finding.symbol.as_deref()?;
    if let Some((home, name)) = symbol.rsplit_once('/') {
        let is_kept = new.pool().get_service_by_name(home)?.methods().any(|it| it.name() == name);
        let names = vec![name.to_owned()];
        let gone = Gone { holder: Holder::Service, home: home.to_owned(), number: None, names };
        return (!is_kept).then_some(gone);
    }
    let (home, name) = symbol.rsplit_once('.')?;
    if let Some(message) = old.pool().get_message_by_name(home) {
        let number = message.get_field_by_name(name)?.number();
        let is_kept = new.pool().get_message_by_name(home)?.get_field(number).is_some();
        let (holder, names) = (Holder::Message, vec![name.to_owned()]);
        let gone = Gone { holder, home: home.to_owned(), number: i32::try_from(number).ok(), names };
        return (!is_kept).then_some(gone);
    }
    let r#enum = old.pool().get_enum_by_name(home)?;
    let number = r#enum.get_value_by_name(name)?.number();
    let is_kept = new.pool().get_enum_by_name(home)?.get_value(number).is_some();
    let aliases = r#enum.values().filter(|value| value.number() == number);
    let names = aliases.map(|value| value.name().to_owned()).collect();
    let gone = Gone { holder: Holder::Enum, home: home.to_owned(), number: Some(number), names };
    (!is_kept).then_some(gone)
}

/// Does a witness show that readers refuse what is written, or take it for something else?
fn is_refused(finding: &Diagnostic) -> bool {
    let witness = finding.evidence.as_ref().and_then(|it| it.witness.as_ref()?.as_ref().ok());
    witness.is_some_and(|it| {
        let told = it.readings.iter().filter(|it| it.encoding != Encoding::StrictJson);
        told.map(|it| it.verdict).max() >= Some(Agreement::Rejected)
    })
}

/// What the policy still asks for, as imperatives.
fn missing(gone: &Gone, new: &Schema, ledger: &Ledger, policy: &Policy) -> Vec<String> {
    let mut missing = Vec::new();
    let known = match (gone.number, gone.names.first()) {
        (Some(number), _) => ledger.deprecation_of_number(gone.holder, &gone.home, number),
        (None, Some(name)) => ledger.deprecation_of_name(gone.holder, &gone.home, name),
        (None, None) => None,
    };
    let wanted = policy.deprecated_releases;
    if known.map_or(0, |it| it.releases) < wanted {
        let plural = if wanted == 1 { "" } else { "s" };
        let so_far = match known {
            None => "no release has it".to_owned(),
            Some(Deprecation { since: Some(since), releases }) => {
                format!("it is in {releases}, since {since}")
            }
            Some(_) => "it is in none".to_owned(),
        };
        missing.push(format!("keep it deprecated for {wanted} release{plural} ({so_far})"));
    }
    if policy.reserved {
        let statements = unreserved(gone, new);
        if !statements.is_empty() {
            missing.push(format!("write `{}`", statements.join(" ")));
        }
    }
    missing
}

/// The statements that reserve what is not reserved yet.
fn unreserved(gone: &Gone, new: &Schema) -> Vec<String> {
    let Some(number) = gone.number else { return Vec::new() };
    let (has_number, reserved_names): (bool, Vec<String>) = match gone.holder {
        Holder::Message => {
            let Some(message) = new.pool().get_message_by_name(&gone.home) else { return Vec::new() };
            let unsigned = u32::try_from(number).unwrap_or(u32::MAX);
            let has = message.reserved_ranges().any(|range| range.contains(&unsigned));
            (has, message.reserved_names().map(str::to_owned).collect())
        }
        Holder::Enum => {
            let Some(r#enum) = new.pool().get_enum_by_name(&gone.home) else { return Vec::new() };
            let has = r#enum.reserved_ranges().any(|range| range.contains(&number));
            (has, r#enum.reserved_names().map(str::to_owned).collect())
        }
        Holder::Service => return Vec::new(),
    };
    let mut statements = Vec::new();
    if !has_number {
        statements.push(format!("reserved {number};"));
    }
    let open: Vec<String> = gone
        .names
        .iter()
        .filter(|name| !reserved_names.contains(name))
        .map(|name| format!("\"{name}\""))
        .collect();
    if !open.is_empty() {
        statements.push(format!("reserved {};", open.join(", ")));
    }
    statements
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::breaking::{Category, Selection, check};
    use crate::schema::{Source, load};

    fn schema(text: &str) -> Schema {
        load(&Source::Text(vec![("a.proto".into(), format!("syntax = \"proto3\";\n{text}"))])).schema
    }

    /// What is said when the last of these follows the others, which were released.
    #[track_caller]
    fn says(texts: &[&str], expected: &[&str]) {
        says_of(Category::File, texts, expected);
    }

    #[track_caller]
    fn says_of(category: Category, texts: &[&str], expected: &[&str]) {
        let (new, releases) = texts.split_last().unwrap();
        let mut ledger = Ledger::default();
        releases
            .iter()
            .enumerate()
            .for_each(|(at, text)| ledger.fold(&format!("v{}", at + 1), &schema(text)));
        let (old, new) = (schema(releases.last().unwrap()), schema(new));
        let policy = Policy { deprecated_releases: 2, reserved: true };
        let selection = Selection::category(category).telling_of_every_deletion();
        let found = apply(check(&old, &new, &selection), &old, &new, &ledger, &policy);
        let said: Vec<String> =
            found.iter().map(|it| format!("{}: {}", it.rule.id, it.help.as_deref().unwrap())).collect();
        assert_eq!(said, expected);
    }

    #[test]
    fn what_was_announced_and_is_reserved_may_go() {
        let [live, old] = ["", "[deprecated = true]"].map(|it| format!("message M {{ int32 b = 2 {it}; }}"));
        let gone = "message M { reserved 2; reserved \"b\"; }";
        says(&[&live, &old, &old, gone], &[]);
        says(
            &[&old, &live, &old, gone],
            &["FIELD_NO_DELETE: before it may go: keep it deprecated for 2 releases (it is in 1, since v3)"],
        );
        says(
            &[&live, gone],
            &["FIELD_NO_DELETE: before it may go: keep it deprecated for 2 releases (it is in none)"],
        );
        says(
            &[&old, &old, "message M { reserved 1 to 5; }"],
            &["FIELD_NO_DELETE: before it may go: write `reserved \"b\";`"],
        );
        says(
            &[&live, "message M {}"],
            &[
                "FIELD_NO_DELETE: before it may go: keep it deprecated for 2 releases (it is in none); write `reserved 2; reserved \"b\";`",
            ],
        );
    }

    #[test]
    fn values_with_all_their_names_and_rpcs() {
        let value = |options: &str| {
            format!(
                "enum E {{ option allow_alias = true; Z = 0; A = 1 {options}; B = 1 [deprecated = true]; }}"
            )
        };
        let (live, old) = (value(""), value("[deprecated = true]"));
        says(&[&old, &old, "enum E { Z = 0; reserved 1; reserved \"A\", \"B\"; }"], &[]);
        says(
            &[&live, &live, "enum E { Z = 0; reserved 1; reserved \"A\"; }"],
            &[
                "ENUM_VALUE_NO_DELETE: before it may go: keep it deprecated for 2 releases (it is in none); write `reserved \"B\";`",
            ],
        );
        let rpc = "message M {} service S { rpc Get(M) returns (M) { option deprecated = true; } }";
        says(&[rpc, rpc, "message M {} service S {}"], &[]);
        says(
            &[rpc, "message M {} service S {}"],
            &["RPC_NO_DELETE: before it may go: keep it deprecated for 2 releases (it is in 1, since v1)"],
        );
    }

    #[test]
    fn whatever_the_category_is() {
        let old = "message M { int32 b = 2 [deprecated = true]; } enum E { Z = 0; A = 1 [deprecated = true]; } \
                   message H { E e = 1; }";
        let gone = "message M { reserved 2; reserved \"b\"; } enum E { Z = 0; reserved 1; reserved \"A\"; } \
                    message H { E e = 1; }";
        let early = "before it may go: keep it deprecated for 2 releases (it is in 1, since v1)";
        let rpc = "message M {} service S { rpc Get(M) returns (M) { option deprecated = true; } }";
        let no_rpc = "message M {} service S {}";
        for category in [Category::Proven, Category::Rust, Category::Grpc, Category::File] {
            says_of(category, &[old, old, gone], &[]);
            says_of(category, &[rpc, rpc, no_rpc], &[]);
        }
        let said = |rule: &str| format!("{rule}: {early}");
        says_of(Category::Proven, &[old, gone], &[&said("PROVEN_DELETED"), &said("PROVEN_DELETED")]);
        let (field, variant) = (said("RUST_STRUCT_SAME_FIELDS"), said("RUST_ENUM_SAME_VARIANTS"));
        says_of(Category::Rust, &[old, gone], &[&variant, &field]);
        says_of(Category::Grpc, &[rpc, no_rpc], &[&said("GRPC_METHOD_PATH")]);
        says_of(Category::Rust, &[rpc, no_rpc], &[&said("RUST_TRAIT_SAME_METHODS")]);
    }

    #[test]
    fn other_breaks_are_left_as_they_are() {
        let old = "message M { int32 b = 2 [deprecated = true]; }";
        says(
            &[old, old, "message M { string b = 2; }"],
            &["FIELD_SAME_TYPE: leave it `int32` and add a new field of type `string`"],
        );
    }
}
