//! What getting, creating, changing and deleting one thing promise.

use prost_reflect::FieldDescriptor;
use toml::{Table, Value};

use super::kind::Kind;
use super::method::{Shape, is_integer, is_scalar, zero};
use super::proposal::{Confidence, Proposal};
use super::resource::Resource;
use crate::promise::behavior::{Behavior, is};

/// Fields of which no two things of a sort usually have the same.
const UNIQUE: [&str; 6] = ["email", "username", "user_name", "login", "slug", "handle"];
/// Fields that a server sets when it changes a thing, by a part of their names.
const MOVING: [&str; 6] = ["update", "modif", "etag", "version", "revision", "last_"];
/// When a thing was made, in seconds.
const MADE: [&str; 4] = ["created_at", "create_time", "created", "creation_time"];

/// What the method promises of the thing.
pub(super) fn proposals(shape: &Shape, resource: &Resource, shapes: &[Shape]) -> Vec<Proposal> {
    let it = Entity { shape, resource, shapes };
    match shape.kind {
        Kind::Get => it.get(),
        Kind::Create => it.create(),
        Kind::Update => it.update(),
        Kind::Delete => it.delete(),
        Kind::List | Kind::Import | Kind::Other => Vec::new(),
    }
}

struct Entity<'a> {
    shape: &'a Shape,
    resource: &'a Resource,
    shapes: &'a [Shape],
}

impl Entity<'_> {
    fn rule(&self, part: &'static str, id: &str, expr: impl Into<String>) -> Proposal {
        Proposal::rule_of(&self.shape.name, part, id, expr)
    }

    /// Whether the method answers with the thing itself.
    fn answers(&self) -> bool {
        self.shape.desc.output() == self.resource.desc && !self.shape.desc.is_server_streaming()
    }

    /// Methods that change things in a way that nothing tells.
    fn disturbers(&self) -> Vec<&str> {
        let plural = self.resource.map.replace('_', "");
        let named = |name: &str| name.contains(&*self.resource.noun) || name.to_lowercase().contains(&plural);
        let disturbs = |it: &&Shape| it.kind == Kind::Other && !it.only_reads() && named(it.desc.name());
        self.shapes.iter().filter(disturbs).map(|it| it.desc.name()).collect()
    }

    /// What a thing is like as long as nobody changes it.
    fn lasting(&self, rule: Proposal, evidence: String) -> Proposal {
        match self.disturbers().as_slice() {
            [] => rule.worth(Confidence::High, evidence),
            names => {
                rule.worth(Confidence::Medium, format!("{evidence}; but {} may change it", names.join(", ")))
            }
        }
    }

    /// That an unknown name is answered with NOT_FOUND, and that known names are drawn.
    fn named(&self, weight: u32) -> Vec<Proposal> {
        let map = &self.resource.map;
        let Some((key, guard)) = self.resource.key_in(self.shape) else { return Vec::new() };
        let is_set = format!("{key} != {}", zero(&self.resource.key));
        let guards: Vec<String> = guard.into_iter().chain([is_set]).collect();
        let when = format!("{} && !({key} in old.{map})", guards.join(" && "));
        let evidence = format!("{}: nobody has a name that was never given", self.shape.evidence);
        let from = format!("old.{map}");
        let field = key.trim_start_matches("req.").to_owned();
        let weight = Value::Integer(weight.into());
        let draw = [("field", Value::from(field)), ("from", from.into()), ("weight", weight)];
        vec![
            Proposal::entry(&self.shape.name, "draw", draw)
                .worth(Confidence::High, format!("names of {map} that exist")),
            self.rule("errors", "unknown", when).with("code", "NOT_FOUND").worth(Confidence::High, evidence),
        ]
    }

    fn get(&self) -> Vec<Proposal> {
        let mut out = self.named(3);
        if let Some((key, None)) = self.resource.key_in(self.shape).filter(|_| self.answers()) {
            let map = &self.resource.map;
            let same =
                self.rule("ensures", "same", format!("!({key} in old.{map}) || resp == old.{map}[{key}]"));
            out.push(self.lasting(same, format!("{}: what was written is read", self.shape.evidence)));
        }
        out
    }

    fn create(&self) -> Vec<Proposal> {
        let (map, key) = (&self.resource.map, &self.resource.key);
        if !self.answers() {
            return Vec::new();
        }
        let mut out = Vec::new();
        let name = key.name();
        match self.chosen() {
            Some((path, guard)) => {
                let guard = guard.map(|it| format!("{it} && ")).unwrap_or_default();
                let taken = self.rule("errors", "exists", format!("{guard}{path} in old.{map}"));
                out.push(taken.with("code", "ALREADY_EXISTS").worth(
                    Confidence::High,
                    format!("{}: the caller chooses `{name}`, and it is taken", self.shape.evidence),
                ));
            }
            None => {
                let fresh = format!("resp.{name} != {} && !(resp.{name} in old.{map})", zero(key));
                let evidence = format!("the request has no `{name}`: the server chooses it");
                out.push(self.rule("ensures", "fresh", fresh).worth(Confidence::High, evidence));
            }
        }
        out.extend(self.echoes("echo", Confidence::High));
        out.extend(self.made());
        out.extend(self.taken(None));
        out.push(self.effect(
            "put",
            &[("map", map), ("key", &format!("resp.{name}")), ("value", "resp")],
            None,
        ));
        if self.resource.is_listed(self.shapes) {
            let order = &self.resource.order;
            out.push(self.effect("append", &[("list", order), ("value", &format!("resp.{name}"))], None));
        }
        out
    }

    /// Where the caller chooses the name of the new thing.
    fn chosen(&self) -> Option<(String, Option<String>)> {
        let key = &self.resource.key;
        if is(key, Behavior::OutputOnly) {
            return None;
        }
        match self.resource.body_in(self.shape) {
            // Of a nested thing the server makes the name, from its parent and an id (AIP-133).
            Some(body) if body.guard.is_none() => Some((format!("{}.{}", body.path, key.name()), None)),
            Some(_) => None,
            None => {
                let own = self.shape.desc.input().get_field_by_name(key.name())?;
                (own.kind() == key.kind()).then(|| (format!("req.{}", key.name()), None))
            }
        }
    }

    /// The fields that request and reply both have: path in the request, the field of the thing, and what must be so
    /// before the first can be read.
    fn shared(&self) -> Vec<(String, FieldDescriptor, Vec<String>)> {
        let body = self.resource.body_in(self.shape);
        let (prefix, desc, guard) = match body {
            Some(body) => (body.path, self.resource.desc.clone(), body.guard),
            None => ("req".to_owned(), self.shape.desc.input(), None),
        };
        let one = |field: FieldDescriptor| {
            let own = desc.get_field_by_name(field.name())?;
            let comparable =
                is_scalar(&field) && own.kind() == field.kind() && own.is_list() == field.is_list();
            let hidden = is(&field, Behavior::OutputOnly) || is(&field, Behavior::InputOnly);
            let presence = field.supports_presence() && !own.supports_presence();
            if !comparable || hidden || presence {
                return None;
            }
            let path = format!("{prefix}.{}", field.name());
            let mut guards: Vec<String> = guard.iter().cloned().collect();
            guards.extend(own.supports_presence().then(|| format!("has({path})")));
            Some((path, field, guards))
        };
        self.resource.desc.fields().filter_map(one).collect()
    }

    /// What was sent is in the reply.
    fn echoes(&self, id: &str, flat: Confidence) -> Vec<Proposal> {
        let key = &self.resource.key;
        let body = self.resource.body_in(self.shape);
        let nested = body.is_some();
        // The name of a thing inside of a request is made by the server.
        let made = self.shape.kind == Kind::Create && body.is_some_and(|it| it.guard.is_some());
        let shared = self.shared().into_iter().filter(|(_, field, _)| field != key || !made);
        let one = |(path, field, guards): (String, FieldDescriptor, Vec<String>)| {
            let name = field.name();
            let unless: String = guards.iter().map(|it| format!("!{it} || ")).collect();
            let rule =
                self.rule("ensures", &format!("{id}_{name}"), format!("{unless}resp.{name} == {path}"));
            let evidence = format!("`{name}` is in the request and in the reply");
            match nested {
                true if field == *key => rule.worth(Confidence::High, evidence),
                true => rule.worth(
                    flat.min(Confidence::Medium),
                    format!("{evidence}; a server may fill in what is empty"),
                ),
                false => rule.worth(flat, evidence),
            }
        };
        shared.map(one).collect()
    }

    /// The moment at which it was made.
    fn made(&self) -> Option<Proposal> {
        let field = MADE.iter().find_map(|name| self.resource.desc.get_field_by_name(name))?;
        let name = field.name();
        let expr = format!("resp.{name} >= started_at - 300 && resp.{name} <= now + 300");
        let evidence = format!("`{name}` is a whole number: seconds, if it is a time of Unix");
        is_integer(&field).then(|| self.rule("ensures", "clock", expr).worth(Confidence::Medium, evidence))
    }

    /// No two have the same: `but` is the one that may.
    fn taken(&self, but: Option<&str>) -> Vec<Proposal> {
        let map = &self.resource.map;
        let own = self.resource.body_in(self.shape).is_none();
        let shared = self.shared().into_iter().filter(|(_, field, _)| own && UNIQUE.contains(&field.name()));
        let one = |(path, field, guards): (String, FieldDescriptor, Vec<String>)| {
            let name = field.name();
            let other = but.map(|key| format!("k != {key} && ")).unwrap_or_default();
            let guard: String = guards.iter().map(|it| format!("{it} && ")).collect();
            let when = format!("{guard}old.{map}.exists(k, {other}old.{map}[k].{name} == {path})");
            let evidence = format!("no two {} usually have the same `{name}`", self.resource.map);
            let taken = self.rule("errors", &format!("taken_{name}"), &*when);
            let free = self.rule("ensures", &format!("free_{name}"), format!("!({when})"));
            [
                taken.with("code", "ALREADY_EXISTS").closed().worth(Confidence::Low, &*evidence),
                free.worth(Confidence::Low, evidence),
            ]
        };
        shared.flat_map(one).collect()
    }

    fn update(&self) -> Vec<Proposal> {
        let map = &self.resource.map;
        let mut out = self.named(3);
        let Some((key, guard)) = self.resource.key_in(self.shape).filter(|_| self.answers()) else {
            return out;
        };
        let nested = self.resource.body_in(self.shape).is_some();
        let optional =
            |path: &str| self.shared().iter().any(|(it, _, guards)| it == path && !guards.is_empty());
        // Without presence an empty value may mean that nothing is to be changed.
        let plain = if nested { Confidence::Low } else { Confidence::Medium };
        for mut echo in self.echoes("changed", plain) {
            let is_optional = |name: &str| !nested && optional(&format!("req.{name}"));
            let id = echo.entry.get("id").and_then(Value::as_str).unwrap_or_default();
            let name = id.trim_start_matches("changed_").to_owned();
            if name == self.resource.key.name() || is_optional(&name) {
                echo.confidence = Confidence::High;
            }
            out.push(echo);
        }
        if !nested {
            out.extend(self.left(&key));
            out.extend(self.taken(Some(&key)));
        }
        out.push(self.effect("put", &[("map", map), ("key", &key), ("value", "resp")], guard));
        out
    }

    /// What is not spoken of stays as it is.
    fn left(&self, key: &str) -> Vec<Proposal> {
        let map = &self.resource.map;
        let input = self.shape.desc.input();
        let moving = |name: &str| MOVING.iter().any(|it| name.contains(it));
        let stays = |it: &FieldDescriptor| is_scalar(it) && !it.supports_presence() && !moving(it.name());
        let one = |field: FieldDescriptor| {
            let name = field.name();
            let unless = match input.get_field_by_name(name) {
                Some(own) if own.supports_presence() => format!(" || has(req.{name})"),
                Some(_) => return None,
                None => String::new(),
            };
            let expr = format!("!({key} in old.{map}){unless} || resp.{name} == old.{map}[{key}].{name}");
            let rule = self.rule("ensures", &format!("left_{name}"), expr);
            Some(self.lasting(rule, format!("the request does not speak of `{name}`")))
        };
        self.resource.desc.fields().filter(stays).filter_map(one).collect()
    }

    fn delete(&self) -> Vec<Proposal> {
        let mut out = self.named(1);
        let Some((key, guard)) = self.resource.key_in(self.shape) else { return out };
        out.push(self.effect("delete", &[("map", &self.resource.map), ("key", &key)], guard.clone()));
        if self.resource.is_listed(self.shapes) {
            out.push(self.effect("remove", &[("list", &self.resource.order), ("value", &key)], guard));
        }
        out
    }

    fn effect(&self, change: &str, fields: &[(&str, &str)], when: Option<String>) -> Proposal {
        let inner: Table = fields.iter().map(|(name, it)| ((*name).to_owned(), Value::from(*it))).collect();
        let when = when.map(|it| ("when", Value::from(it)));
        let all = when.into_iter().chain([(change, Value::Table(inner))]);
        Proposal::entry(&self.shape.name, "effect", all)
            .worth(Confidence::High, format!("{} changes what is kept", self.shape.desc.name()))
    }
}
