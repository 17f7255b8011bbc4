//! The promises of a service in words, for people who read documentation: CommonMark. What has no words is quoted as
//! the expression that it is.

use cel::{
    IdedExpr,
    common::ast::{CallExpr, Expr, LiteralValue, operators},
};

use super::{
    Auth, Change, Effect, Field, Idempotency, Method, Service, StateKind, code::name, explain::flat,
    text::text,
};
use crate::promise::words::code;

impl Service {
    /// What the service keeps, and what holds after every call.
    pub fn words(&self) -> Vec<String> {
        let states = self.states.iter().map(|state| match &state.kind {
            StateKind::Map(keys, values) => {
                format!("Keeps {}: {} by {}", code(&state.name), code(values), code(keys))
            }
            StateKind::List(items) => format!("Keeps {}: a list of {}", code(&state.name), code(items)),
        });
        let invariants = self.invariants.iter().map(|rule| format!("Always: {}", words(&rule.expr)));
        states.chain(invariants).collect()
    }
}

impl Field {
    /// What every reply that carries the field keeps.
    pub fn words(&self) -> Vec<String> {
        let ensures = self.ensures.iter().map(|rule| format!("In every reply: {}", words(&rule.expr)));
        let volatile = self.volatile.then(|| "Differs from reply to reply".to_owned());
        ensures.chain(volatile).collect()
    }
}

impl Method {
    /// Who may call it, how calls end, what a reply holds, and what a call changes.
    pub fn words(&self) -> Vec<String> {
        let mut said = Vec::new();
        said.extend(match self.auth {
            Auth::Unsaid => None,
            Auth::None => Some("Anybody may call it".to_owned()),
            Auth::Required => Some("Asks for credentials".to_owned()),
            Auth::Owner => Some("Only for whoever made what the call is about".to_owned()),
        });
        said.extend(self.requires.iter().map(|(rule, code)| match implied(rule.expr.root()) {
            Some((when, then)) => format!("{} where {when} unless {then}", name(*code)),
            None => format!("{} unless {}", name(*code), words(&rule.expr)),
        }));
        said.extend(
            self.errors.iter().map(|(rule, code)| format!("{} when {}", name(*code), words(&rule.expr))),
        );
        if !self.may_return.is_empty() {
            let names: Vec<String> = self.may_return.iter().map(|code| name(*code)).collect();
            said.push(format!("Ends with {} only", names.join(", ")));
        }
        said.extend(self.ensures.iter().map(|rule| format!("After OK: {}", words(&rule.expr))));
        said.extend(self.each.iter().map(|rule| format!("With each reply: {}", words(&rule.expr))));
        said.extend(
            self.finals.iter().map(|rule| format!("At the end of the stream: {}", words(&rule.expr))),
        );
        said.extend(self.effects.iter().map(effect));
        said.extend(self.idempotency.as_ref().map(|by| match by {
            Idempotency::Field(path) => format!("A repetition is known by {}", code(path)),
            Idempotency::Metadata(header) => format!("A repetition is known by the header {}", code(header)),
        }));
        let limits = [
            (self.limits.max_request_bytes, "A request has at most", "bytes"),
            (self.limits.max_response_bytes, "A reply has at most", "bytes"),
            (self.limits.max_latency_ms, "Takes at most", "ms"),
        ];
        said.extend(
            limits.iter().filter_map(|(bound, what, unit)| Some(format!("{what} {} {unit}", (*bound)?))),
        );
        if let Some(pages) = &self.pagination {
            let size = if pages.page_size.is_empty() { &pages.limit } else { &pages.page_size };
            let from = if pages.page_token.is_empty() { &pages.offset } else { &pages.page_token };
            let named: Vec<String> =
                [size, from].into_iter().filter(|it| !it.is_empty()).map(|it| code(it)).collect();
            said.push(format!("Lists in pages, by {}", named.join(" and ")));
        }
        said
    }
}

fn effect(effect: &Effect) -> String {
    let said = match &effect.change {
        Change::Put(map, key, value) => format!("{} becomes {}", entry(map, key), subject(value.root())),
        Change::Delete(map, key) => format!("{} is gone", entry(map, key)),
        Change::Append(list, item) => format!("{} has {} at its end", code(list), subject(item.root())),
        Change::Remove(list, item) => format!("{} has no {} any more", code(list), subject(item.root())),
        Change::Clear(of) => format!("{} is empty", code(of)),
        Change::Open(of) => format!("{} has more in it", code(of)),
    };
    match &effect.when {
        None => format!("OK changes what is kept: {said}"),
        Some(when) => format!("OK changes what is kept where {}: {said}", words(when)),
    }
}

fn entry(map: &str, key: &super::Expr) -> String {
    format!("the entry at {} of {}", subject(key.root()), code(map))
}

/// The expression as a clause.
fn words(expr: &super::Expr) -> String {
    if let Some((when, then)) = implied(expr.root()) {
        return format!("where {when}, {then}");
    }
    // Everything in brackets is clearer as the code it is.
    said(expr.root()).unwrap_or_else(|| written(expr.root()))
}

/// As code. The parser has other names for two functions.
fn written(it: &IdedExpr) -> String {
    code(&text(it).replace("math.@min(", "math.least(").replace("math.@max(", "math.greatest("))
}

/// `!a || b`: where a, b.
fn implied(it: &IdedExpr) -> Option<(String, String)> {
    if !is_or(it) {
        return None;
    }
    let [denied, then] = flat(it, operators::LOGICAL_OR)[..] else { return None };
    let when = argument(denied, operators::LOGICAL_NOT)?;
    Some((simple(when)?, said(then).unwrap_or_else(|| written(then))))
}

/// Nothing where no words are better than the code.
fn said(it: &IdedExpr) -> Option<String> {
    let Expr::Call(call) = &it.expr else { return None };
    match (call.func_name.as_str(), &call.target, call.args.as_slice()) {
        (operators::LOGICAL_AND, None, [_, _]) => all_of(&flat(it, operators::LOGICAL_AND)),
        (operators::LOGICAL_OR, None, [_, _]) => {
            let parts = flat(it, operators::LOGICAL_OR);
            Some(parts.into_iter().map(simple).collect::<Option<Vec<_>>>()?.join(" or "))
        }
        _ => simple(it),
    }
}

/// Two bounds of one thing are one clause.
fn all_of(parts: &[&IdedExpr]) -> Option<String> {
    let mut said = Vec::new();
    let mut at = 0;
    while let Some(part) = parts.get(at) {
        let low = bound(part, operators::GREATER_EQUALS);
        let high = parts.get(at + 1).and_then(|next| bound(next, operators::LESS_EQUALS));
        match (low, high) {
            (Some((of, low)), Some((same, high))) if of == same => {
                said.push(format!("{of} is {low} to {high}"));
                at += 1;
            }
            _ => said.push(simple(part)?),
        }
        at += 1;
    }
    Some(said.join(" and "))
}

/// What is compared with a number.
fn bound(it: &IdedExpr, operator: &str) -> Option<(String, String)> {
    match &it.expr {
        Expr::Call(CallExpr { func_name, target: None, args }) if func_name == operator => match &args[..] {
            [of, IdedExpr { expr: Expr::Literal(LiteralValue::Int(at)), .. }] => {
                Some((subject(of), at.inner().to_string()))
            }
            _ => None,
        },
        _ => None,
    }
}

fn is_or(it: &IdedExpr) -> bool {
    matches!(&it.expr, Expr::Call(call) if call.func_name == operators::LOGICAL_OR)
}

/// A clause without "and" and "or".
fn simple(it: &IdedExpr) -> Option<String> {
    match &it.expr {
        Expr::Select(select) if select.test => Some(format!("{} is set", path(it)?)),
        Expr::Call(call) => comparison(call).or_else(|| denial(it)).or_else(|| whole(it)),
        _ => whole(it),
    }
}

/// The code of what has no words, where it does not fall apart between others.
fn whole(it: &IdedExpr) -> Option<String> {
    (!is_or(it)).then(|| written(it))
}

fn denial(it: &IdedExpr) -> Option<String> {
    let denied = argument(it, operators::LOGICAL_NOT)?;
    match &denied.expr {
        Expr::Select(select) if select.test => Some(format!("{} is not set", path(denied)?)),
        Expr::Call(call) if call.func_name == operators::IN => match call.args.as_slice() {
            [item, within] => Some(format!("{} is not in {}", subject(item), subject(within))),
            _ => None,
        },
        _ => None,
    }
}

fn argument<'e>(it: &'e IdedExpr, operator: &str) -> Option<&'e IdedExpr> {
    match &it.expr {
        Expr::Call(CallExpr { func_name, target: None, args }) if func_name == operator => args.first(),
        _ => None,
    }
}

fn comparison(call: &CallExpr) -> Option<String> {
    if let ("matches", Some(target), [pattern]) =
        (call.func_name.as_str(), &call.target, call.args.as_slice())
    {
        let pattern = match &pattern.expr {
            Expr::Literal(LiteralValue::String(it)) => code(it.inner()),
            _ => subject(pattern),
        };
        return Some(format!("{} matches {pattern}", subject(target)));
    }
    let [left, right] = call.args.as_slice() else { return None };
    let empty = matches!(&right.expr, Expr::Literal(LiteralValue::String(it)) if it.inner().is_empty());
    let verb = match call.func_name.as_str() {
        operators::EQUALS if empty => return Some(format!("{} is empty", subject(left))),
        operators::NOT_EQUALS if empty => return Some(format!("{} is not empty", subject(left))),
        operators::EQUALS => "is",
        operators::NOT_EQUALS => "is not",
        operators::LESS => "is less than",
        operators::LESS_EQUALS => "is at most",
        operators::GREATER => "is more than",
        operators::GREATER_EQUALS => "is at least",
        operators::IN => "is in",
        _ => return None,
    };
    Some(format!("{} {verb} {}", subject(left), subject(right)))
}

/// What a clause is about.
fn subject(it: &IdedExpr) -> String {
    if let Some(of) = argument(it, "size") {
        return format!("the length of {}", subject(of));
    }
    match &it.expr {
        Expr::Literal(LiteralValue::Int(it)) => it.inner().to_string(),
        Expr::Call(call) if call.func_name == operators::INDEX => match &call.args[..] {
            [of, key] if path(of).is_some() => format!("the entry at {} of {}", subject(key), subject(of)),
            _ => written(it),
        },
        _ => path(it).unwrap_or_else(|| written(it)),
    }
}

/// `req.user.id` as "`user.id`", `resp.id` as "`id` of the reply".
fn path(it: &IdedExpr) -> Option<String> {
    let mut at = it;
    loop {
        match &at.expr {
            Expr::Select(select) => at = &select.operand,
            Expr::Ident(_) => break,
            _ => return None,
        }
    }
    let written = match &it.expr {
        Expr::Select(select) => format!("{}.{}", text(&select.operand), select.field),
        _ => text(it),
    };
    Some(match written.split_once('.') {
        Some(("req", path)) => code(path),
        Some(("resp", path)) => format!("{} of the reply", code(path)),
        Some(("old", path)) => format!("{} before the call", code(path)),
        Some(("new", path)) => format!("{} after the call", code(path)),
        Some(_) => code(&written),
        None => match written.as_str() {
            "req" => "the request".to_owned(),
            "resp" => "the reply".to_owned(),
            "got" => "the replies so far".to_owned(),
            "sent" => "the messages sent".to_owned(),
            "code" => "the status".to_owned(),
            _ => code(&written),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_clauses_where_there_are_words() {
        for (written, read) in [
            ("req.id == ''", "`id` is empty"),
            ("size(req.id) > 64", "the length of `id` is more than 64"),
            ("!(req.id in old.users)", "`id` is not in `users` before the call"),
            ("req.id != '' && size(req.id) <= 64", "`id` is not empty and the length of `id` is at most 64"),
            ("req.limit < 0 || req.offset < 0", "`limit` is less than 0 or `offset` is less than 0"),
            (
                "!(req.id in old.users) || resp == old.users[req.id]",
                "where `id` is in `users` before the call, the reply is the entry at `id` of `users` before the call",
            ),
            ("!has(req.name) || resp.name == req.name", "where `name` is set, `name` of the reply is `name`"),
            ("req.email.matches('^a`$')", "`email` matches `` ^a`$ ``"),
            ("(req.a || req.b) && req.c", "`(req.a || req.b) && req.c`"),
            ("size(req.a) >= 1 && size(req.a) <= 9", "the length of `a` is 1 to 9"),
            ("got[0].x == math.least(1, 2)", "`got[0].x` is `math.least(1, 2)`"),
            ("got.all(m, m.id in sent)", "`got.all(m, m.id in sent)`"),
            (
                "size(got) == size(sent)",
                "the length of the replies so far is the length of the messages sent",
            ),
        ] {
            let expr = crate::promise::contract::Expr::parse(written).unwrap();
            assert_eq!(words(&expr), read, "{written}");
        }
    }
}
