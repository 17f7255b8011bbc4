//! A part of an expression as a text again, for the reader of a report.

use cel::{
    IdedExpr,
    common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators},
};

use super::show::clip;

/// The operators between two operands, and how tightly they bind: only `? :`, with 0, is looser.
const BETWEEN: [(&str, &str, u8); 14] = [
    (operators::LOGICAL_OR, "||", 1),
    (operators::LOGICAL_AND, "&&", 2),
    (operators::EQUALS, "==", 3),
    (operators::NOT_EQUALS, "!=", 3),
    (operators::LESS, "<", 3),
    (operators::LESS_EQUALS, "<=", 3),
    (operators::GREATER, ">", 3),
    (operators::GREATER_EQUALS, ">=", 3),
    (operators::IN, "in", 3),
    (operators::ADD, "+", 4),
    (operators::SUBSTRACT, "-", 4),
    (operators::MULTIPLY, "*", 5),
    (operators::DIVIDE, "/", 5),
    (operators::MODULO, "%", 5),
];
/// That of `!` and of the sign of a number.
const UNARY: u8 = 6;
/// That of everything else.
const TIGHT: u8 = 7;

/// How the operator is written that a call of this name with two operands is.
pub(super) fn operator(name: &str) -> Option<&'static str> {
    BETWEEN.iter().find(|(it, ..)| *it == name).map(|(_, sign, _)| *sign)
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
    let between = BETWEEN.iter().find(|(it, ..)| *it == name);
    match (&call.target, call.args.as_slice()) {
        (Some(target), args) => format!("{}.{name}({})", operand(target), all(args)),
        (None, [of, at]) if name == operators::INDEX => format!("{}[{}]", operand(of), text(at)),
        (None, [of, at]) if name == operators::OPT_INDEX => format!("{}[?{}]", operand(of), text(at)),
        (None, [of, IdedExpr { expr: Expr::Literal(LiteralValue::String(field)), .. }])
            if name == operators::OPT_SELECT =>
        {
            format!("{}.?{}", operand(of), field.inner())
        }
        (None, [it]) if name == operators::LOGICAL_NOT => format!("!{}", within(it, UNARY)),
        (None, [it]) if name == operators::NEGATE => format!("-{}", within(it, UNARY)),
        (None, [when, then, otherwise]) if name == operators::CONDITIONAL => {
            format!("{} ? {} : {}", within(when, 1), within(then, 1), text(otherwise))
        }
        (None, args) => match (between, args) {
            (Some((_, sign, level)), [left, right]) => {
                // A chain of `&&` or `||` may be grouped either way: it means the same.
                let least = if *level < 3 { *level } else { level + 1 };
                format!("{} {sign} {}", within(left, *level), within(right, least))
            }
            _ => format!("{name}({})", all(args)),
        },
    }
}

/// How tightly it holds together.
fn level(expr: &IdedExpr) -> u8 {
    let Expr::Call(CallExpr { func_name, target: None, args }) = &expr.expr else { return TIGHT };
    match (func_name.as_str(), args.len()) {
        (operators::CONDITIONAL, 3) => 0,
        (operators::LOGICAL_NOT | operators::NEGATE, 1) => UNARY,
        (name, 2) => BETWEEN.iter().find(|(it, ..)| *it == name).map_or(TIGHT, |(.., level)| *level),
        _ => TIGHT,
    }
}

/// In brackets where it would fall apart without.
fn within(expr: &IdedExpr, least: u8) -> String {
    if level(expr) < least { format!("({})", text(expr)) } else { text(expr) }
}

/// In front of a dot or of a bracket.
fn operand(expr: &IdedExpr) -> String {
    within(expr, TIGHT)
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
