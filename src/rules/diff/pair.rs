//! What is on both sides, what has another name by now, and what is on one side only.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, Element, Kind};
use super::collect::{Id, Item, Items};
use super::facts::{FIRST, Facts, NAMES, is_reordered};

/// Every change between two schemas.
pub(super) fn pair(old: Items, new: Items) -> Vec<Change> {
    let both = Both::new(&old, &new);
    let mut changes = Vec::new();
    for (id, item) in &old {
        if let Some(now) = new.get(id) {
            both.compare(id.0, item, now, &mut changes);
        }
    }
    for (before, now) in &both.renamed {
        let (item, now_item) = (&old[before], &new[now]);
        if before.0 == Element::Field {
            let numbers = (item.text.clone(), now_item.text.clone());
            changes.push(changed(Kind::Changed, before.0, item, now_item, Some("number"), numbers));
        } else {
            changes.push(changed(Kind::Renamed, before.0, item, now_item, None, (None, None)));
        }
        // What has the same content under another name has it in all that is inside as well.
        if matches!(before.0, Element::Field | Element::Value | Element::Oneof | Element::Rpc) {
            both.compare(before.0, item, now_item, &mut changes);
        }
    }
    let alone = |kind: Kind, id: &Id, item: &Item| Change {
        kind,
        element: id.0,
        symbol: item.symbol.clone(),
        old_symbol: (kind == Kind::Removed).then(|| item.symbol.clone()),
        what: item.text.clone(),
        from: None,
        to: None,
        place: item.place.clone(),
    };
    for id in both.gone.iter().filter(|id| !both.is_renamed(id)) {
        // What held it is gone as well: said once.
        if old[*id].parent.as_ref().is_none_or(|parent| !both.gone.contains(parent)) {
            changes.push(alone(Kind::Removed, id, &old[*id]));
        }
    }
    for id in both.come.iter().filter(|id| !both.is_renamed(id)) {
        if new[*id].parent.as_ref().is_none_or(|parent| !both.come.contains(parent)) {
            changes.push(alone(Kind::Added, id, &new[*id]));
        }
    }
    let key = |it: &Change| (it.symbol.clone(), it.element, it.kind, it.what.clone());
    changes.sort_by_cached_key(key);
    changes
}

struct Both<'a> {
    gone: BTreeSet<&'a Id>,
    come: BTreeSet<&'a Id>,
    /// What has another name, before and now; and fields that have another number.
    renamed: Vec<(&'a Id, &'a Id)>,
}

impl<'a> Both<'a> {
    fn new(old: &'a Items, new: &'a Items) -> Both<'a> {
        let gone: BTreeSet<&Id> = old.keys().filter(|id| !new.contains_key(*id)).collect();
        let come: BTreeSet<&Id> = new.keys().filter(|id| !old.contains_key(*id)).collect();
        let mut both = Both { gone, come, renamed: Vec::new() };
        let (before, now) = (Signatures::new(old), Signatures::new(new));
        let mut old_keys: BTreeMap<(Element, String), Vec<&Id>> = BTreeMap::new();
        for id in both.gone.iter().filter(|id| both.stands_alone(old, &both.gone, id)) {
            old_keys.entry((id.0, before.of(id))).or_default().push(id);
        }
        let mut new_keys: BTreeMap<(Element, String), Vec<&Id>> = BTreeMap::new();
        for id in both.come.iter().filter(|id| both.stands_alone(new, &both.come, id)) {
            new_keys.entry((id.0, now.of(id))).or_default().push(id);
        }
        // Two of the same content may be either: they are gone and new.
        for (key, olds) in &old_keys {
            if let ([one], Some([other])) = (&**olds, new_keys.get(key).map(|it| &**it)) {
                both.renamed.push((one, other));
            }
        }
        both
    }

    /// Whether it can be looked for under another name: what held it is still there.
    fn stands_alone(&self, items: &Items, without: &BTreeSet<&Id>, id: &Id) -> bool {
        let is_named = !matches!(
            id.0,
            Element::Package
                | Element::Import
                | Element::Reserved
                | Element::ExtensionRange
                | Element::Extension
        );
        is_named && items[id].parent.as_ref().is_none_or(|parent| !without.contains(parent))
    }

    fn is_renamed(&self, id: &Id) -> bool {
        self.renamed.iter().any(|(before, now)| *before == id || *now == id)
    }

    /// What is different about something that is on both sides.
    fn compare(&self, element: Element, old: &Item, new: &Item, changes: &mut Vec<Change>) {
        // Values and the like are called by what they are paired by; fields and extensions are not.
        if matches!(element, Element::Field | Element::Extension) && old.symbol != new.symbol {
            changes.push(changed(Kind::Renamed, element, old, new, None, (None, None)));
        }
        let names: BTreeSet<&String> = old.facts.keys().chain(new.facts.keys()).collect();
        for name in names {
            let (from, to) = (old.facts.get(name), new.facts.get(name));
            let kind = match (name.as_str(), from, to) {
                (_, from, to) if from == to => continue,
                (FIRST, Some(from), Some(to)) if is_reordered(name, from, to) => Kind::Changed,
                (order, Some(from), Some(to)) if order.starts_with(NAMES) && is_reordered(name, from, to) => {
                    Kind::Changed
                }
                (FIRST, ..) => continue,
                (order, ..) if order.starts_with(NAMES) => continue,
                ("file", Some(from), Some(to)) if self.is_another_name(Element::File, from, to) => continue,
                ("oneof", Some(from), Some(to)) if self.is_another_oneof(old, new, from, to) => continue,
                ("file" | "oneof", ..) => Kind::Moved,
                ("deprecated", _, Some(value)) if value == "true" => Kind::Deprecated,
                _ => Kind::Changed,
            };
            let values = match name.as_str() {
                FIRST => (first(from), first(to)),
                _ => (from.cloned(), to.cloned()),
            };
            changes.push(changed(kind, element, old, new, Some(name), values));
        }
        if old.comment.trim() != new.comment.trim() {
            changes.push(changed(Kind::Documented, element, old, new, None, (None, None)));
        }
    }

    fn is_another_name(&self, element: Element, from: &str, to: &str) -> bool {
        self.renamed.iter().any(|(before, now)| before.0 == element && before.1 == from && now.1 == to)
    }

    fn is_another_oneof(&self, old: &Item, new: &Item, from: &str, to: &str) -> bool {
        let full = |item: &Item, name: &str| match &item.parent {
            Some((_, home)) => format!("{home}.{name}"),
            None => name.to_owned(),
        };
        self.is_another_name(Element::Oneof, &full(old, from), &full(new, to))
    }
}

fn first(list: Option<&String>) -> Option<String> {
    list.and_then(|list| list.split(", ").next()).map(str::to_owned)
}

fn changed(
    kind: Kind,
    element: Element,
    old: &Item,
    new: &Item,
    what: Option<&str>,
    (from, to): (Option<String>, Option<String>),
) -> Change {
    // What has no name of its own is said by what it is.
    let text = new.text.clone().filter(|_| matches!(element, Element::Import | Element::ExtensionRange));
    let what = match (what, text) {
        (Some(what), Some(text)) => Some(format!("{what} of {text}")),
        (what, text) => what.map(str::to_owned).or(text),
    };
    Change {
        kind,
        element,
        symbol: new.symbol.clone(),
        old_symbol: Some(old.symbol.clone()),
        what,
        from,
        to,
        place: new.place.clone(),
    }
}

/// What makes two declarations of different names the same.
struct Signatures<'a> {
    items: &'a Items,
    children: BTreeMap<&'a Id, Vec<&'a Id>>,
    /// What stands in each file.
    in_file: BTreeMap<&'a str, Vec<&'a Id>>,
}

impl<'a> Signatures<'a> {
    fn new(items: &'a Items) -> Signatures<'a> {
        let mut children: BTreeMap<&Id, Vec<&Id>> = BTreeMap::new();
        let mut in_file: BTreeMap<&str, Vec<&Id>> = BTreeMap::new();
        for (id, item) in items {
            match (&item.parent, item.facts.get("file")) {
                (Some(parent), _) => children.entry(parent).or_default().push(id),
                (None, Some(file)) => in_file.entry(file).or_default().push(id),
                (None, None) => {}
            }
        }
        Signatures { items, children, in_file }
    }

    fn of(&self, id: &Id) -> String {
        let item = &self.items[id];
        match id.0 {
            Element::File => format!("{:?} {:?}", self.in_file.get(id.1.as_str()), item.facts),
            // A field by its name, an enum's value by its number, a oneof by its members.
            Element::Field => format!("{:?} {}", item.parent, item.symbol),
            Element::Value => format!("{:?} {:?}", item.parent, item.facts.get("number")),
            Element::Oneof => format!("{:?} {:?}", item.parent, self.members(id)),
            Element::Rpc => format!("{:?} {:?}", item.parent, item.facts),
            _ => self.content(id, &item.symbol),
        }
    }

    fn members(&self, oneof: &Id) -> Vec<&str> {
        let parent = self.items[oneof].parent.as_ref();
        let name = oneof.1.rsplit('.').next();
        let siblings = parent.and_then(|parent| self.children.get(parent)).into_iter().flatten();
        let is_member = |id: &&&Id| {
            id.0 == Element::Field && self.items[**id].facts.get("oneof").map(String::as_str) == name
        };
        siblings.filter(is_member).map(|id| id.1.as_str()).collect()
    }

    /// All of a message, enum or service, with its own name left out of it.
    fn content(&self, id: &Id, root: &str) -> String {
        let item = &self.items[id];
        let own = |text: &str| text.strip_prefix(root).map_or(text.to_owned(), |rest| format!("·{rest}"));
        let facts: Facts = item
            .facts
            .iter()
            .filter(|(name, _)| *name != "file")
            .map(|(name, value)| (name.clone(), own(value)))
            .collect();
        let children: Vec<String> =
            self.children.get(id).into_iter().flatten().map(|child| self.content(child, root)).collect();
        format!("{:?} {} {:?} {facts:?} {children:?}", id.0, own(&item.symbol), item.text)
    }
}
