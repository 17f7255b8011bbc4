//! A part of an expression as a text again, for the reader of a report.

use cel::{
    IdedExpr,
    common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators},
};

use super::show::clip;

/// The operators between two operands.
const BETWEEN: [(&str, &str); 15] = [
    (operators::LOGICAL_OR, "||"),
    (operators::LOGICAL_AND, "&&"),
    (operators::EQUALS, "=="),
    (operators::NOT_EQUALS, "!="),
    (operators::LESS, "<"),
    (operators::LESS_EQUALS, "<="),
    (operators::GREATER, ">"),
    (operators::GREATER_EQUALS, ">="),
    (operators::IN, "in"),
    (operators::ADD, "+"),
    (operators::SUBSTRACT, "-"),
    (operators::MULTIPLY, "*"),
    (operators::DIVIDE, "/"),
    (operators::MODULO, "%"),
    (operators::OPT_SELECT, ".?"),
];

/// How the operator is written that a call of this name with two operands is.
pub(super) fn operator(name: &str) -> Option<&'static str> {
    BETWEEN.iter().find(|(it, _)| *it == name).map(|(_, sign)| *sign)
}

/// As it could have been written.
pub(super) fn text(expr: &IdedExpr) -> String {
    match &expr.expr {
        Expr::Unspecified => "?".to_owned(),
        Expr::Ident(name) => name.clone(),
        Expr::Literal(literal) => self::literal(literal),
        Expr::Select(select) if select.test => format!("has({}.{})", operand(&select.operand), select.field),
        Expr::Select(select) => format!("{}.{}", operand(&select.operand), select.field),
        Expr::List(list) => format!("[{}]", all(&list.elements)),
        Expr::Map(map) => format!("{{{}}}", entries(map.entries.iter().map(|it| &it.expr))),
        Expr::Struct(it) => format!("{}{{{}}}", it.type_name, entries(it.entries.iter().map(|it| &it.expr))),
        Expr::Call(call) => self::call(call),
        Expr::Comprehension(it) => loops(it),
    }
}

fn all(exprs: &[IdedExpr]) -> String {
    exprs.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn entries<'a>(entries: impl Iterator<Item = &'a EntryExpr>) -> String {
    let entry = |entry: &EntryExpr| match entry {
        EntryExpr::StructField(it) => format!("{}: {}", it.field, text(&it.value)),
        EntryExpr::MapEntry(it) => format!("{}: {}", text(&it.key), text(&it.value)),
    };
    entries.map(entry).collect::<Vec<_>>().join(", ")
}

fn literal(literal: &LiteralValue) -> String {
    match literal {
        LiteralValue::Boolean(it) => it.inner().to_string(),
        LiteralValue::Bytes(it) => format!("b'{}'", it.inner().escape_ascii()),
        LiteralValue::Double(it) => format!("{:?}", it.inner()),
        LiteralValue::Int(it) => it.inner().to_string(),
        LiteralValue::Null => "null".to_owned(),
        LiteralValue::String(it) => format!("'{}'", it.inner().escape_debug()),
        LiteralValue::UInt(it) => format!("{}u", it.inner()),
    }
}

fn call(call: &CallExpr) -> String {
    let name = call.func_name.as_str();
    match (&call.target, call.args.as_slice()) {
        (Some(target), args) => format!("{}.{name}({})", operand(target), all(args)),
        (None, [of, at]) if name == operators::INDEX => format!("{}[{}]", operand(of), text(at)),
        (None, [of, at]) if name == operators::OPT_INDEX => format!("{}[?{}]", operand(of), text(at)),
        (None, [it]) if name == operators::LOGICAL_NOT => format!("!{}", operand(it)),
        (None, [it]) if name == operators::NEGATE => format!("-{}", operand(it)),
        (None, [when, then, otherwise]) if name == operators::CONDITIONAL => {
            format!("{} ? {} : {}", operand(when), operand(then), operand(otherwise))
        }
        (None, args) => match (operator(name), args) {
            (Some(sign), [left, right]) => format!("{} {sign} {}", operand(left), operand(right)),
            _ => format!("{name}({})", all(args)),
        },
    }
}

/// In brackets where it would read otherwise without.
fn operand(expr: &IdedExpr) -> String {
    let signs = |call: &CallExpr| call.target.is_none() && operator(&call.func_name).is_some();
    match &expr.expr {
        Expr::Call(call) if signs(call) || call.func_name == operators::CONDITIONAL => {
            format!("({})", text(expr))
        }
        _ => text(expr),
    }
}

/// What a loop asks of each element: its variable is bound to one after the other.
pub(super) struct All<'a> {
    /// Over what.
    pub over: &'a IdedExpr,
    pub variable: &'a str,
    pub asked: &'a IdedExpr,
}

/// `over.all(variable, asked)`, which the parser has written out as a loop.
pub(super) fn of_all(it: &ComprehensionExpr) -> Option<All<'_>> {
    let asked = step(it, operators::LOGICAL_AND)?;
    Some(All { over: &it.iter_range, variable: &it.iter_var, asked })
}

/// The other operand of the step, if it is this operator on what was collected before.
fn step<'a>(it: &'a ComprehensionExpr, operator: &str) -> Option<&'a IdedExpr> {
    added(&it.loop_step, &it.accu_var, operator).filter(|_| it.iter_var2.is_none())
}

fn added<'a>(step: &'a IdedExpr, collected: &str, operator: &str) -> Option<&'a IdedExpr> {
    let Expr::Call(call) = &step.expr else { return None };
    match call.args.as_slice() {
        [before, more] if call.func_name == operator => {
            matches!(&before.expr, Expr::Ident(name) if name == collected).then_some(more)
        }
        _ => None,
    }
}

/// The loops of the standard library by their names; of others the beginning.
fn loops(it: &ComprehensionExpr) -> String {
    let over = operand(&it.iter_range);
    let named = |name: &str, of: String| format!("{over}.{name}({}, {of})", it.iter_var);
    if let Some(asked) = step(it, operators::LOGICAL_AND) {
        return named("all", text(asked));
    }
    if let Some(asked) = step(it, operators::LOGICAL_OR) {
        return named("exists", text(asked));
    }
    let one = |more: &IdedExpr| match &more.expr {
        Expr::List(list) => list.elements.first().map(text),
        _ => None,
    };
    if let Some(made) = step(it, operators::ADD).and_then(one) {
        return named("map", made);
    }
    if let Expr::Call(call) = &it.loop_step.expr
        && let [when, then, _] = call.args.as_slice()
        && call.func_name == operators::CONDITIONAL
        && let Some(made) = added(then, &it.accu_var, operators::ADD).and_then(one)
    {
        let when = text(when);
        return if made == it.iter_var {
            named("filter", when)
        } else {
            named("map", format!("{when}, {made}"))
        };
    }
    clip(&format!("{over}.(…)"), 80)
}
