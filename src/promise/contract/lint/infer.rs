//! The types in an expression, from the leaves up, and what does not fit.

use std::ops::Range;

use cel::IdedExpr;
use cel::common::ast::{ComprehensionExpr, EntryExpr, Expr, LiteralValue, SelectExpr};

use super::extent::Written;
use super::functions;
use super::kinds::{NAME, SYNTAX, TYPE};
use super::operators::{Operator, combine, conversion, operator};
use super::scope::Scope;
use super::types::Type;
use crate::diag::RuleInfo;
use crate::promise::contract::{Expr as Promised, Problem};
use crate::schema::nearest;

/// Something that is wrong in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub kind: &'static RuleInfo,
    pub message: String,
    pub help: Option<String>,
    /// Which characters of the expression, where that is known.
    pub at: Option<Range<usize>>,
}

/// Reads an expression and says its type, and what is wrong with it.
pub(super) fn infer(text: &str, scope: &Scope) -> (Type, Vec<Wrong>) {
    // As a run reads it.
    let program = match Promised::parse(text) {
        Ok(expr) => expr.program,
        Err(problem) => return (Type::Dyn, vec![syntax(text, problem)]),
    };
    let written = Written { info: program.source_info(), text, characters: text.chars().collect() };
    let mut walk = Walk { written, scope: scope.clone(), wrong: Vec::new() };
    let found = walk.of(program.expression());
    walk.wrong.dedup();
    (found, walk.wrong)
}

/// The names of types, which are values too.
const TYPES: [&str; 10] =
    ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];

fn syntax(text: &str, problem: Problem) -> Wrong {
    let Problem { message, at } = problem;
    let before = at.map(|at| text.chars().take(at).collect::<String>());
    let told = before.map(|before| {
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|it| *it != '\n').count() + 1;
        (format!(" (line {line}, column {column} of the expression)"), before)
    });
    let (place, help) = match told {
        Some((place, before)) if before.trim().is_empty() => {
            (place, "the expression begins wrongly".to_owned())
        }
        Some((place, _)) if at.and_then(|at| text.chars().nth(at)) == Some('=') => {
            (place, "`==` compares; nothing can be set".to_owned())
        }
        Some((place, before)) => (place, format!("it can be read up to `{}`", tail(before.trim_end()))),
        None => (String::new(), "write it shorter".to_owned()),
    };
    let message = format!("is no CEL: {message}{place}");
    Wrong { kind: &SYNTAX, message, help: Some(help), at: at.map(|at| at..at) }
}

/// Its last characters.
fn tail(text: &str) -> String {
    match text.char_indices().rev().nth(TAIL) {
        Some((at, _)) => format!("…{}", &text[at..]),
        None => text.to_owned(),
    }
}

const TAIL: usize = 40;

struct Walk<'a> {
    written: Written<'a>,
    scope: Scope,
    wrong: Vec<Wrong>,
}

impl Walk<'_> {
    fn of(&mut self, it: &IdedExpr) -> Type {
        match &it.expr {
            Expr::Unspecified => Type::Dyn,
            Expr::Literal(literal) => of_literal(literal),
            Expr::Ident(name) => self.of_name(it, name),
            Expr::Select(select) => self.of_select(it, select),
            Expr::Call(call) => match operator(&call.func_name) {
                Some(operator) if call.target.is_none() => self.of_operator(it, operator, &call.args),
                _ => self.of_call(it, &call.func_name, call.target.as_deref(), &call.args),
            },
            Expr::List(list) => {
                let elements: Vec<Type> = list.elements.iter().map(|it| self.of(it)).collect();
                Type::list(elements.into_iter().reduce(Type::or).unwrap_or(Type::Never))
            }
            Expr::Map(map) => {
                let (mut keys, mut values) = (Type::Never, Type::Never);
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        keys = keys.or(self.of(&entry.key));
                        values = values.or(self.of(&entry.value));
                    }
                }
                Type::map(keys, values)
            }
            Expr::Struct(made) => {
                let message = format!("makes a message `{}`, which expressions cannot", made.type_name);
                self.say(&NAME, it, message, Some("compare the fields one by one".to_owned()));
                Type::Dyn
            }
            Expr::Comprehension(comprehension) => self.of_comprehension(comprehension),
        }
    }

    fn of_name(&mut self, it: &IdedExpr, name: &str) -> Type {
        if let Some((_, of)) = self.scope.known.iter().rev().find(|(known, _)| known == name) {
            return of.clone();
        }
        if let Some((_, kind, why)) = self.scope.absent.iter().find(|(absent, ..)| *absent == name) {
            self.say(kind, it, format!("`{name}` is not known here: {why}"), None);
            return Type::Dyn;
        }
        if TYPES.contains(&name) {
            return Type::Dyn;
        }
        let known: Vec<&str> = self.scope.known.iter().map(|(name, _)| &**name).collect();
        let known: Vec<&str> = known.into_iter().filter(|name| !name.starts_with(['@', '#'])).collect();
        let help = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known here are {}", listed(&known)),
        };
        self.say(&NAME, it, format!("there is no variable `{name}`"), Some(help));
        Type::Dyn
    }

    fn of_select(&mut self, it: &IdedExpr, select: &SelectExpr) -> Type {
        let operand = self.of(&select.operand);
        let name = &*select.field;
        let found = match &operand {
            Type::Message(desc) => match desc.get_field_by_name(name) {
                Some(field) => Type::of_field(&field),
                None => {
                    let json = desc.get_field_by_json_name(name).map(|field| field.name().to_owned());
                    let fields: Vec<String> = desc.fields().map(|field| field.name().to_owned()).collect();
                    let near = json.or_else(|| near(name, &fields));
                    let help = match near {
                        Some(near) => format!("did you mean `{near}`?"),
                        None if fields.is_empty() => "it has no fields".to_owned(),
                        None => format!("it has {}", listed(&fields)),
                    };
                    self.say_field(it, name, format!("{} has no field `{name}`", desc.full_name()), help);
                    Type::Dyn
                }
            },
            Type::Record(variables) => match variables.iter().find(|(known, _)| known == name) {
                Some((_, of)) => of.clone(),
                None => {
                    let names: Vec<String> = variables.iter().map(|(name, _)| name.clone()).collect();
                    let help = match near(name, &names) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None if names.is_empty() => "declare it as a `state` of the service".to_owned(),
                        None => format!("the model has {}", listed(&names)),
                    };
                    self.say_field(it, name, format!("the model has no variable `{name}`"), help);
                    Type::Dyn
                }
            },
            Type::Map(key, value) if key.fits(&Type::String) => (**value).clone(),
            Type::Dyn | Type::Never => Type::Dyn,
            other => {
                let what = self.written.quoted(&select.operand);
                let help = match other {
                    Type::List(_) => {
                        Some("choose an element, or go through it with `all`, `exists` or `map`".to_owned())
                    }
                    _ => None,
                };
                self.say(&TYPE, it, format!("{what} is {} and has no field `{name}`", other.a()), help);
                Type::Dyn
            }
        };
        if select.test { Type::Bool } else { found }
    }

    /// A macro that goes through something, written out.
    fn of_comprehension(&mut self, it: &ComprehensionExpr) -> Type {
        let range = self.of(&it.iter_range);
        let (first, second) = match (range, &it.iter_var2) {
            (Type::List(of), None) => (*of, Type::Dyn),
            (Type::List(of), Some(_)) => (Type::Int, *of),
            (Type::Map(key, value), _) => (*key, *value),
            (Type::Dyn | Type::Never, _) => (Type::Dyn, Type::Dyn),
            (other, _) => {
                let what = self.written.quoted(&it.iter_range);
                let message = format!("{what} is {}: only a list or a map can be gone through", other.a());
                self.say(&TYPE, &it.iter_range, message, None);
                (Type::Dyn, Type::Dyn)
            }
        };
        let before = self.scope.known.len();
        let start = self.of(&it.accu_init);
        self.scope.known.push((it.iter_var.clone(), first));
        self.scope.known.extend(it.iter_var2.iter().map(|name| (name.clone(), second.clone())));
        self.scope.known.push((it.accu_var.clone(), start.clone()));
        let _ = self.of(&it.loop_cond);
        let step = self.of(&it.loop_step);
        self.scope.known.truncate(before);
        self.scope.known.push((it.accu_var.clone(), start.or(step)));
        let result = self.of(&it.result);
        self.scope.known.truncate(before);
        result
    }

    fn of_call(&mut self, it: &IdedExpr, name: &str, target: Option<&IdedExpr>, args: &[IdedExpr]) -> Type {
        let space = match target.map(|target| &target.expr) {
            Some(Expr::Ident(space)) if functions::NAMESPACES.contains(&&**space) => {
                Some(format!("{space}.{name}"))
            }
            _ => None,
        };
        let on = if space.is_some() { None } else { target.map(|target| self.of(target)) };
        let arguments: Vec<Type> = args.iter().map(|it| self.of(it)).collect();
        let name = space.as_deref().unwrap_or(name);
        let overloads = functions::named(name, on.is_some());
        if let Some(function) = overloads.iter().find(|function| function.accepts(on.as_ref(), &arguments)) {
            return function.result(on.as_ref(), &arguments);
        }
        if overloads.is_empty() {
            let help = match functions::form_of_macro(name) {
                Some(form) => Some(format!("write `{form}`")),
                None if !functions::named(name, on.is_none()).is_empty() => Some(match on {
                    Some(_) => format!("write `{name}(x)`"),
                    None => format!("write `x.{name}()`"),
                }),
                None => nearest(name, functions::names()).map(|near| format!("did you mean `{near}`?")),
            };
            self.say(&NAME, it, format!("there is no function `{name}` of this form"), help);
        } else {
            let types: Vec<String> = arguments.iter().map(ToString::to_string).collect();
            let called = match &on {
                Some(on) => format!("{on}.{}({})", name.trim_start_matches("math.@"), types.join(", ")),
                None => format!("{name}({})", types.join(", ")),
            };
            self.say(
                &TYPE,
                it,
                format!("`{name}` cannot be called as {called}"),
                conversion(on.iter().chain(&arguments)),
            );
        }
        Type::Dyn
    }

    fn of_operator(&mut self, it: &IdedExpr, operator: Operator, args: &[IdedExpr]) -> Type {
        match (operator, args) {
            (Operator::Logic(_), args) => {
                args.iter().for_each(|arg| self.want_bool(arg));
                Type::Bool
            }
            (Operator::Choice, [condition, then, other]) => {
                self.want_bool(condition);
                self.of(then).or(self.of(other))
            }
            (Operator::Negate, [arg]) => {
                let of = self.of(arg);
                if !of.is_open() && !matches!(of, Type::Int | Type::Double) {
                    let what = self.written.quoted(arg);
                    self.say(&TYPE, it, format!("{what} is {} and has no negative", of.a()), None);
                    return Type::Dyn;
                }
                of
            }
            (Operator::Two(sign), [left, right]) => {
                let (a, b) = (self.of(left), self.of(right));
                match combine(sign, &a, &b) {
                    Some(result) => result,
                    None => {
                        let (one, other) = (self.written.quoted(left), self.written.quoted(right));
                        let held = match &b {
                            Type::List(of) | Type::Map(of, _) if sign == "in" => (**of).clone(),
                            b => b.clone(),
                        };
                        let help = conversion([&a, &held].into_iter());
                        let (a, b) = (a.a(), b.a());
                        let message = match sign {
                            "==" | "!=" => {
                                format!("{one} is {a} and {other} is {b}: they are never equal")
                            }
                            "in" => format!("{one} is {a} and cannot be in {other}, {b}"),
                            "[]" => format!("{one} is {a} and has no element {other}, {b}"),
                            _ => format!("`{sign}` does not take {one}, {a}, and {other}, {b}"),
                        };
                        self.say(&TYPE, it, message, help);
                        if matches!(sign, "==" | "!=" | "in" | "<" | "<=" | ">" | ">=") {
                            Type::Bool
                        } else {
                            Type::Dyn
                        }
                    }
                }
            }
            (_, args) => {
                args.iter().for_each(|arg| drop(self.of(arg)));
                Type::Dyn
            }
        }
    }

    fn want_bool(&mut self, it: &IdedExpr) {
        let of = self.of(it);
        if !of.is_open() && of != Type::Bool {
            let what = self.written.quoted(it);
            self.say(&TYPE, it, format!("{what} is {}, where true or false is needed", of.a()), None);
        }
    }

    fn say(&mut self, kind: &'static RuleInfo, it: &IdedExpr, message: String, help: Option<String>) {
        let at = self.written.extent(it);
        self.wrong.push(Wrong { kind, message, help, at });
    }

    /// At the name after the dot, where it is found.
    fn say_field(&mut self, it: &IdedExpr, name: &str, message: String, help: String) {
        let end = self.written.extent(it).map(|extent| extent.end);
        let length = name.chars().count();
        let at = end
            .and_then(|end| Some(end.checked_sub(length)?..end))
            .filter(|at| self.written.slice(at) == name);
        let at = at.or_else(|| self.written.extent(it));
        self.wrong.push(Wrong { kind: &NAME, message, help: Some(help), at });
    }
}

fn of_literal(literal: &LiteralValue) -> Type {
    match literal {
        LiteralValue::Boolean(_) => Type::Bool,
        LiteralValue::Bytes(_) => Type::Bytes,
        LiteralValue::Double(_) => Type::Double,
        LiteralValue::Int(_) => Type::Int,
        LiteralValue::Null => Type::Null,
        LiteralValue::String(_) => Type::String,
        LiteralValue::UInt(_) => Type::Uint,
    }
}

/// The name that was meant.
fn near(name: &str, names: &[String]) -> Option<String> {
    nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
}

/// At most eight of them.
fn listed(names: &[impl AsRef<str>]) -> String {
    let more = if names.len() > 8 { ", …" } else { "" };
    let names: Vec<String> = names.iter().take(8).map(|name| format!("`{}`", name.as_ref())).collect();
    names.join(", ") + more
}
