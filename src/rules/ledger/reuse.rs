//! Which numbers and names of a schema stood for something else.

use prost_reflect::FileDescriptor;

use super::inventory::Inventory;
use super::life::{Item, Life};
use super::rules::{FIELD_NAME, FIELD_NUMBER, RPC, VALUE_NAME, VALUE_NUMBER};
use super::{Holder, Ledger, Slots};
use crate::diag::{Diagnostic, Place, RuleInfo, Severity};
use crate::rules::breaking::Ignores;
use crate::schema::Schema;

/// What a slot of a schema was, if it was something else.
struct Reuse<'a> {
    rule: &'static RuleInfo,
    slot: Slot<'a>,
    item: &'a Item,
    before: Before<'a>,
    /// Whether the last release has it as it is now.
    released: Option<&'a str>,
}

#[derive(Clone, Copy)]
enum Slot<'a> {
    Number(i32),
    Name(&'a str),
}

enum Before<'a> {
    Life(&'a Life),
    /// Reserved until this release.
    Reserved(&'a str),
}

impl Ledger {
    /// The numbers and names of `schema` that stood for something else in a release: findings, and warnings where
    /// the last release already has it so.
    pub fn check(&self, schema: &Schema, rules: &[&'static RuleInfo], ignores: &Ignores) -> Vec<Diagnostic> {
        let mut said = Vec::new();
        for (holder, home, found) in Inventory::of(schema).holders {
            let Some(slots) = self.slots(holder, &home) else { continue };
            let numbers =
                found.numbers.iter().filter_map(|(number, item)| self.number(holder, slots, *number, item));
            let names = found.names.iter().filter_map(|(name, item)| self.name_of(holder, slots, name, item));
            for (member, reuse) in numbers.chain(names).filter(|(_, it)| rules.contains(&it.rule)) {
                let file = schema.pool().get_file_by_name(&reuse.item.file);
                if file.is_some_and(|file| !ignores.drop(reuse.rule.id, Some(&file), None)) {
                    said.push(self.say(schema, holder, &home, &member, &reuse));
                }
            }
        }
        said
    }

    fn number<'a>(
        &'a self,
        holder: Holder,
        slots: &'a Slots,
        number: i32,
        item: &'a Item,
    ) -> Option<(String, Reuse<'a>)> {
        let rule = if holder == Holder::Enum { &VALUE_NUMBER } else { &FIELD_NUMBER };
        let lives = slots.numbers.get(&number).map_or(&[][..], Vec::as_slice);
        let reserved = || slots.reserved.number(number);
        let reuse = self.reuse(rule, Slot::Number(number), lives, reserved, item)?;
        Some((item.is.first()?.clone(), reuse))
    }

    fn name_of<'a>(
        &'a self,
        holder: Holder,
        slots: &'a Slots,
        name: &'a str,
        item: &'a Item,
    ) -> Option<(String, Reuse<'a>)> {
        let rule = match holder {
            Holder::Message => &FIELD_NAME,
            Holder::Enum => &VALUE_NAME,
            Holder::Service => &RPC,
        };
        let lives = slots.names.get(name).map_or(&[][..], Vec::as_slice);
        let reserved = || slots.reserved.names.get(name).copied();
        let reuse = self.reuse(rule, Slot::Name(name), lives, reserved, item)?;
        // Under the same number it is the number that is used again.
        let same_number = matches!(reuse.before, Before::Life(life) if holder != Holder::Service && life.item.is == item.is);
        (!same_number).then(|| (name.to_owned(), reuse))
    }

    fn reuse<'a>(
        &'a self,
        rule: &'static RuleInfo,
        slot: Slot<'a>,
        lives: &'a [Life],
        reserved: impl FnOnce() -> Option<usize>,
        item: &'a Item,
    ) -> Option<Reuse<'a>> {
        let open = lives.last().filter(|life| self.is_open(life));
        let closed = &lives[..lives.len() - usize::from(open.is_some())];
        let released = open.map(|life| self.name(life.first));
        let before = match closed.iter().rev().find(|life| !life.item.is_as(item)) {
            Some(life) => Before::Life(life),
            // It was reserved, and nobody has seen it as what it is now.
            None if closed.is_empty() => {
                let last = reserved()?;
                // A release that has it since before the reservation did not take it back.
                if open.is_some_and(|life| life.first <= last) {
                    return None;
                }
                Before::Reserved(self.name(last))
            }
            None => return None,
        };
        Some(Reuse { rule, slot, item, before, released })
    }

    fn say(&self, schema: &Schema, holder: Holder, home: &str, member: &str, reuse: &Reuse) -> Diagnostic {
        let Reuse { rule, slot, item, before, released } = reuse;
        let (word, kind) = (holder.word(), holder.member());
        let shown = match slot {
            Slot::Number(number) => format!("number {number}"),
            Slot::Name(name) => format!("name `{name}`"),
        };
        let (severity, since) = match released {
            Some(release) => (Severity::Warning, format!(" (so released since {release})")),
            None => (Severity::Error, String::new()),
        };
        let message = match before {
            Before::Life(life) => {
                // A number had names; a name had numbers.
                let is = match slot {
                    Slot::Number(_) => life.names(),
                    Slot::Name(_) => life.names().replace('`', ""),
                };
                let was = match holder {
                    Holder::Message => format!("{kind} {is} of type `{}`", life.shape()),
                    Holder::Enum => format!("{kind} {is}"),
                    Holder::Service => format!("{kind} `{member}{}`", life.shape()),
                };
                format!("{shown} of {word} `{home}` was {was} until {}{since}", self.name(life.last))
            }
            Before::Reserved(last) => format!("{shown} of {word} `{home}` was reserved until {last}{since}"),
        };
        let help = match before {
            Before::Life(life) => {
                format!("take another; it was in `{}` of {}", life.file(), self.name(life.last))
            }
            Before::Reserved(_) => "take another, and write the `reserved` again".to_owned(),
        };
        let mut said = Diagnostic::new(rule, severity, message)
            .at(place(schema, &item.file, holder, home, member))
            .help(help);
        let dot = if holder == Holder::Service { "/" } else { "." };
        // The name of an extension is a full one.
        let extension = schema.pool().get_extension_by_name(member).is_some();
        said.symbol = Some(if extension { member.to_owned() } else { format!("{home}{dot}{member}") });
        said
    }
}

/// Where a member stands.
fn place(schema: &Schema, file: &str, holder: Holder, home: &str, member: &str) -> Option<Place> {
    let pool = schema.pool();
    let found: Option<(FileDescriptor, Vec<i32>)> = match holder {
        Holder::Message => {
            let field = pool.get_message_by_name(home).and_then(|it| it.get_field_by_name(member));
            let field = field.map(|it| (it.parent_file(), it.path().to_vec()));
            field.or_else(|| {
                pool.get_extension_by_name(member).map(|it| (it.parent_file(), it.path().to_vec()))
            })
        }
        Holder::Enum => {
            let value = pool.get_enum_by_name(home).and_then(|it| it.get_value_by_name(member));
            value.map(|it| (it.parent_file(), it.path().to_vec()))
        }
        Holder::Service => {
            let service = pool.get_service_by_name(home);
            let method = service.and_then(|it| it.methods().find(|it| it.name() == member));
            method.map(|it| (it.parent_file(), it.path().to_vec()))
        }
    };
    match found {
        Some((file, path)) => Some(schema.place(&file, &path)),
        None => schema.file(file).map(|file| file.place(&[])),
    }
}
