//! The smallest pair that still shows the same: first fewer edits, then less schema. Candidates are asked
//! about together, so that a round is one call.

use std::collections::BTreeSet;

use super::draw::Pair;
use super::repair::repaired;
use super::schema::{Enum, File, Label, Message, Schema, Scope, Service, join};

/// Rounds at most.
const ROUNDS: usize = 60;
/// Candidates of a round at most.
const WIDTH: usize = 150;

/// Shrinks a pair for as long as `holds` says so of a candidate.
pub fn shrink(pair: &Pair, holds: &dyn Fn(&[Pair]) -> Vec<bool>) -> Pair {
    let mut best = pair.clone();
    for _ in 0..ROUNDS {
        let mut candidates = fewer_edits(&best);
        if candidates.is_empty() || !holds(&candidates).contains(&true) {
            candidates = smaller(&best);
        }
        candidates.truncate(WIDTH);
        let kept = holds(&candidates);
        match candidates.into_iter().zip(kept).find(|(_, holds)| *holds) {
            Some((smaller, _)) => best = smaller,
            None => break,
        }
    }
    best
}

fn fewer_edits(pair: &Pair) -> Vec<Pair> {
    let mut all = Vec::new();
    if pair.edits.len() > 1 {
        for out in 0..pair.edits.len() {
            let mut edits = pair.edits.clone();
            edits.remove(out);
            all.push(Pair::of(pair.old.clone(), edits, pair.layout));
        }
    }
    all
}

/// Less of it: halves first, then quarters, down to single things; on both sides at once, and on one of
/// them for single things.
fn smaller(pair: &Pair) -> Vec<Pair> {
    let plain = pair.layout.map(|_| Pair { layout: None, ..pair.clone() });
    let names: Vec<String> = names(&pair.old).union(&names(&pair.new)).cloned().collect();
    // The edits do not lead from one side to the other any more.
    let made = |old: &Schema, new: &Schema| Pair {
        old: old.clone(),
        new: new.clone(),
        edits: Vec::new(),
        layout: pair.layout,
    };
    let mut all: Vec<Pair> = plain.into_iter().collect();
    let mut size = names.len() / 2;
    while size > 0 && all.len() + names.len() / size < WIDTH {
        for out in names.chunks(size) {
            let (old, new) = (without(&pair.old, out), without(&pair.new, out));
            all.push(made(&old, &new));
            if size == 1 {
                all.extend([made(&old, &pair.new), made(&pair.old, &new)]);
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    all.retain(|it| it.layout != pair.layout || it.old != pair.old || it.new != pair.new);
    all
}

/// A handle for everything that can be taken out: a path of names, whatever stands there.
fn names(schema: &Schema) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    schema.clone().visit(&mut |name| {
        all.insert(name.to_owned());
        true
    });
    all
}

fn without(schema: &Schema, out: &[String]) -> Schema {
    let mut schema = schema.clone();
    schema.visit(&mut |name| !out.iter().any(|out| out == name));
    repaired(schema)
}

/// Says which of the things of a schema stay, by their handles.
type Keep<'a> = &'a mut dyn FnMut(&str) -> bool;

impl Schema {
    fn visit(&mut self, keep: Keep) {
        self.files.retain(|file| keep(&format!("file {}", file.path)));
        self.files.iter_mut().for_each(|file| file.visit(keep));
    }
}

impl File {
    fn visit(&mut self, keep: Keep) {
        let outer = self.path.replace('.', "_");
        self.options.retain(|name, _| keep(&join(&outer, name)));
        self.services.retain(|it| keep(&join(&outer, &it.name)));
        self.services.iter_mut().for_each(|it| it.visit(&outer, keep));
        self.scope.visit(&outer, keep);
    }
}

impl Service {
    fn visit(&mut self, outer: &str, keep: Keep) {
        let outer = join(outer, &self.name);
        self.methods.retain(|it| keep(&join(&outer, &it.name)));
        for it in &mut self.methods {
            let outer = join(&outer, &it.name);
            it.client_streaming = it.client_streaming && keep(&join(&outer, "client"));
            it.server_streaming = it.server_streaming && keep(&join(&outer, "server"));
            it.idempotency = it.idempotency.filter(|_| keep(&join(&outer, "idempotency")));
        }
    }
}

impl Scope {
    fn visit(&mut self, outer: &str, keep: Keep) {
        self.messages.retain(|it| keep(&join(outer, &it.name)));
        self.enums.retain(|it| keep(&join(outer, &it.name)));
        for it in &mut self.extends {
            let outer = join(outer, &it.of.replace('.', "_"));
            it.fields.retain(|field| keep(&join(&outer, &field.name)));
        }
        self.enums.iter_mut().for_each(|it| it.visit(outer, keep));
        self.messages.iter_mut().for_each(|it| it.visit(outer, keep));
    }
}

impl Enum {
    fn visit(&mut self, outer: &str, keep: Keep) {
        let outer = join(outer, &self.name);
        self.values.retain(|it| keep(&join(&outer, &it.0)));
        self.reserved.retain(|it| keep(&join(&outer, &format!("{it:?}"))));
        self.reserved_names.retain(|it| keep(&join(&outer, it)));
    }
}

impl Message {
    fn visit(&mut self, outer: &str, keep: Keep) {
        let outer = join(outer, &self.name);
        self.fields.retain(|it| keep(&join(&outer, &it.name)));
        for it in &mut self.fields {
            let outer = join(&outer, &it.name);
            it.default = it.default.filter(|_| keep(&join(&outer, "default")));
            it.json_name = it.json_name.take().filter(|_| keep(&join(&outer, "json_name")));
            it.jstype = it.jstype.filter(|_| keep(&join(&outer, "jstype")));
            it.ctype = it.ctype.filter(|_| keep(&join(&outer, "ctype")));
            it.deprecated = it.deprecated && keep(&join(&outer, "deprecated"));
            it.oneof = it.oneof.take().filter(|_| keep(&join(&outer, "oneof")));
            if it.label != Label::None && !keep(&join(&outer, "label")) {
                it.label = Label::None;
            }
        }
        self.extensions.retain(|it| keep(&join(&outer, &format!("extensions {it:?}"))));
        self.reserved.retain(|it| keep(&join(&outer, &format!("reserved {it:?}"))));
        self.reserved_names.retain(|it| keep(&join(&outer, it)));
        self.no_accessor = self.no_accessor.filter(|_| keep(&join(&outer, "no_accessor")));
        self.scope.visit(&outer, keep);
    }
}
