//! The operators of CEL: what they take, and what they give.

use cel::common::ast::operators;

use super::types::Type;

/// An operator, which CEL keeps as a function of a name of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Logic(&'static str),
    Choice,
    Negate,
    Two(&'static str),
    Other,
}

/// The operator that a function of this name is.
pub(super) fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        operators::LOGICAL_AND => Operator::Logic("&&"),
        operators::LOGICAL_OR => Operator::Logic("||"),
        operators::LOGICAL_NOT | operators::NOT_STRICTLY_FALSE => Operator::Logic("!"),
        operators::CONDITIONAL => Operator::Choice,
        operators::NEGATE => Operator::Negate,
        operators::ADD => Operator::Two("+"),
        operators::SUBSTRACT => Operator::Two("-"),
        operators::MULTIPLY => Operator::Two("*"),
        operators::DIVIDE => Operator::Two("/"),
        operators::MODULO => Operator::Two("%"),
        operators::EQUALS => Operator::Two("=="),
        operators::NOT_EQUALS => Operator::Two("!="),
        operators::GREATER_EQUALS => Operator::Two(">="),
        operators::LESS_EQUALS => Operator::Two("<="),
        operators::GREATER => Operator::Two(">"),
        operators::LESS => Operator::Two("<"),
        operators::INDEX => Operator::Two("[]"),
        operators::IN => Operator::Two("in"),
        operators::OPT_INDEX | operators::OPT_SELECT => Operator::Other,
        _ => return None,
    })
}

/// What an operator makes of two types; nothing where it does not take them.
pub(super) fn combine(sign: &str, a: &Type, b: &Type) -> Option<Type> {
    use Type::{Bool, Bytes, Double, Duration, Dyn, Int, List, Map, String, Timestamp, Uint};
    if sign == "in" {
        let known = match b {
            List(of) => a.compares(of),
            Map(key, _) => a.compares(key),
            b => b.is_open(),
        };
        return known.then_some(Bool);
    }
    if sign == "[]" {
        return match a {
            List(of) if b.is_open() || b.is_number() => Some((**of).clone()),
            Map(key, value) if b.compares(key) => Some((**value).clone()),
            a if a.is_open() => Some(Dyn),
            _ => None,
        };
    }
    if matches!(sign, "==" | "!=") {
        return a.compares(b).then_some(Bool);
    }
    let either_open = a.is_open() || b.is_open();
    if matches!(sign, "<" | "<=" | ">" | ">=") {
        let same = a == b && matches!(a, Bool | String | Bytes | Timestamp | Duration);
        return (either_open || same || (a.is_number() && b.is_number())).then_some(Bool);
    }
    match (sign, a, b) {
        ("+", List(_), List(_)) => Some(a.clone().or(b.clone())),
        _ if either_open => Some(Dyn),
        ("+", String | Bytes, _) if a == b => Some(a.clone()),
        ("+", Timestamp, Duration) | ("+", Duration, Timestamp) | ("-", Timestamp, Duration) => {
            Some(Timestamp)
        }
        ("+" | "-", Duration, Duration) | ("-", Timestamp, Timestamp) => Some(Duration),
        ("%", Int | Uint, _) | ("+" | "-" | "*" | "/", Int | Uint | Double, _) if a == b => Some(a.clone()),
        _ => None,
    }
}

/// How these types are made one, where a function does it.
pub(super) fn conversion<'a>(types: impl Iterator<Item = &'a Type>) -> Option<String> {
    let types: Vec<&Type> = types.collect();
    let has = |of: &Type| types.contains(&of);
    let numbers = types.iter().filter(|it| it.is_number()).count();
    if has(&Type::Uint) && (has(&Type::Int) || has(&Type::Double)) {
        Some("`int(x)` and `uint(x)` convert, and `1u` is a uint".to_owned())
    } else if has(&Type::Timestamp) && numbers > 0 {
        Some("`int(x)` makes seconds of a timestamp".to_owned())
    } else if has(&Type::String) && numbers > 0 {
        Some("`string(x)` and `int(x)` convert; numbers are written without quotes".to_owned())
    } else {
        None
    }
}
