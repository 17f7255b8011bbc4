//! Why an expression is false: the values that differ, a line each.

use cel::{
    Context, IdedExpr, Value,
    common::ast::{CallExpr, Expr, LiteralValue, operators},
};

use super::{
    expr::holds,
    scope::Scope,
    show::{clip, differences, show},
    text::{of_all, operator, text},
};

/// So many lines, and so long.
pub(super) const LINES: usize = 5;
const LENGTH: usize = 200;

/// The lines about an expression that is false.
pub(super) fn why_false(expr: &super::Expr, scope: &Scope<'_>) -> Vec<String> {
    finished(|lines| falsity(expr.root(), &scope.context(), lines))
}

/// The lines about the values that an expression names, be it true or false.
pub(super) fn values(expr: &super::Expr, scope: &Scope<'_>) -> Vec<String> {
    finished(|lines| named(expr.root(), &scope.context(), lines))
}

fn finished(write: impl FnOnce(&mut Vec<String>)) -> Vec<String> {
    let mut lines = Vec::new();
    write(&mut lines);
    lines.iter().take(LINES).map(|line| clip(line, LENGTH)).collect()
}

/// Whether it is true for the only reason that it asks nothing here: `!a || b` where `a` is false, or `a ? b : true`.
pub(super) fn is_idle(expr: &super::Expr, scope: &Scope<'_>) -> bool {
    let Expr::Call(call) = &expr.root().expr else { return false };
    let context = scope.context();
    let is_true =
        |expr: &IdedExpr| matches!(&expr.expr, Expr::Literal(LiteralValue::Boolean(it)) if *it.inner());
    match call.args.as_slice() {
        [_, _] if call.func_name == operators::LOGICAL_OR => {
            let parts = flat(expr.root(), operators::LOGICAL_OR);
            let (conditions, asked): (Vec<&IdedExpr>, Vec<_>) =
                parts.into_iter().partition(|it| is_denial(it));
            !asked.is_empty() && conditions.into_iter().any(|it| holds(it, &context) == Ok(true))
        }
        [when, _, otherwise] if is_true(otherwise) => holds(when, &context) == Ok(false),
        [when, then, _] if is_true(then) => holds(when, &context) == Ok(true),
        _ => false,
    }
}

/// `!a`, or `a != b`.
fn is_denial(expr: &IdedExpr) -> bool {
    let denies =
        |call: &CallExpr| matches!(call.func_name.as_str(), operators::LOGICAL_NOT | operators::NOT_EQUALS);
    matches!(&expr.expr, Expr::Call(call) if denies(call))
}

/// The operands of a chain of one operator, in order.
pub(super) fn flat<'a>(expr: &'a IdedExpr, operator: &str) -> Vec<&'a IdedExpr> {
    match &expr.expr {
        Expr::Call(call) if call.func_name == operator && call.target.is_none() => {
            call.args.iter().flat_map(|arg| flat(arg, operator)).collect()
        }
        _ => vec![expr],
    }
}

fn falsity(expr: &IdedExpr, context: &Context<'_, '_>, lines: &mut Vec<String>) {
    let value = |expr: &IdedExpr| Value::resolve(expr, context).ok();
    match &expr.expr {
        Expr::Call(call) => match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND, [_, _]) => {
                let parts = flat(expr, operators::LOGICAL_AND);
                if let Some(part) = parts.into_iter().find(|it| holds(it, context) == Ok(false)) {
                    return falsity(part, context, lines);
                }
            }
            (operators::LOGICAL_OR, [_, _]) => {
                let parts = flat(expr, operators::LOGICAL_OR);
                let asked = parts.iter().filter(|it| !is_denial(it)).copied().collect::<Vec<_>>();
                // Of an implication what follows; the condition is true, which the reader can see.
                for part in if asked.is_empty() { parts } else { asked } {
                    falsity(part, context, lines);
                }
                return;
            }
            (operators::CONDITIONAL, [when, then, otherwise]) => match holds(when, context) {
                Ok(true) => return falsity(then, context, lines),
                Ok(false) => return falsity(otherwise, context, lines),
                Err(_) => {}
            },
            (operators::EQUALS, [left, right]) => {
                // The side with a name is the one to name.
                let swap = matches!(left.expr, Expr::Literal(_));
                let (left, right) = if swap { (right, left) } else { (left, right) };
                if let (Some(one), Some(other)) = (value(left), value(right)) {
                    lines.extend(differences(&text(left), &one, &other, LINES));
                    return;
                }
            }
            (operators::NOT_EQUALS, [left, right]) => {
                if let Some(same) = value(left) {
                    let (left, right) = (text(left), text(right));
                    lines.push(format!("{left}: {} = {right}", show(&same)));
                    return;
                }
            }
            (operators::IN, [item, _]) => {
                if let (Some(item_is), [_, within]) = (value(item), call.args.as_slice()) {
                    lines.push(format!("{}: {} is not in {}", text(item), show(&item_is), text(within)));
                    return;
                }
            }
            (
                name @ (operators::LESS
                | operators::LESS_EQUALS
                | operators::GREATER
                | operators::GREATER_EQUALS),
                [left, right],
            ) => {
                if let (Some(one), Some(other), Some(sign)) = (value(left), value(right), operator(name)) {
                    lines.push(format!("{}: {}, not {sign} {}", text(left), show(&one), show(&other)));
                    return;
                }
            }
            _ => {}
        },
        Expr::Comprehension(it) => {
            if let Some(all) = of_all(it)
                && let Some(over) = value(all.over)
            {
                let items = match over {
                    Value::List(items) => items.to_vec(),
                    Value::Map(map) => {
                        let mut keys: Vec<_> = map.map.keys().cloned().collect();
                        keys.sort();
                        keys.into_iter().map(Value::from).collect()
                    }
                    _ => Vec::new(),
                };
                for item in items {
                    let mut inner = context.new_inner_scope();
                    inner.add_variable_from_value(all.variable, item.clone());
                    if holds(all.asked, &inner) == Ok(false) {
                        lines.push(format!("{}: {}", all.variable, show(&item)));
                        return falsity(all.asked, &inner, lines);
                    }
                }
            }
        }
        _ => {}
    }
    named(expr, context, lines);
}

/// A line for each value that a path in it leads to.
fn named(expr: &IdedExpr, context: &Context<'_, '_>, lines: &mut Vec<String>) {
    let is_path = match &expr.expr {
        Expr::Ident(_) => true,
        Expr::Select(select) => !select.test,
        Expr::Call(call) => call.func_name == operators::INDEX,
        _ => false,
    };
    let value = is_path.then(|| Value::resolve(expr, context).ok()).flatten();
    if let Some(value) = value {
        let line = format!("{}: {}", text(expr), show(&value));
        if !lines.contains(&line) {
            lines.push(line);
        }
        return;
    }
    match &expr.expr {
        Expr::Select(select) => named(&select.operand, context, lines),
        Expr::Call(call) => {
            for part in call.target.as_deref().into_iter().chain(&call.args) {
                named(part, context, lines);
            }
        }
        Expr::List(list) => list.elements.iter().for_each(|part| named(part, context, lines)),
        Expr::Comprehension(it) => {
            named(&it.iter_range, context, lines);
            named(&it.loop_step, context, lines);
        }
        _ => {}
    }
}
