//! Text to expressions, whatever the text: the parser and whoever evaluates go as deep as it is nested.

use std::thread;

use ::cel::{
    Env, IdedExpr, Program,
    common::ast::{self, EntryExpr, IdedEntryExpr},
};

/// Of these signs an expression has at most so many: the parser goes one deeper for each, and only counts brackets.
const SIGNS: &str = "+-*/%.<>=!?[";
const MOST: usize = 400;
/// The parser needs a lot of stack for each bracket, and the thread that asks may have little.
const STACK: usize = 128 << 20;
/// So deep are the parts in one another: evaluating goes as deep, in any thread.
const DEPTH: usize = 40;

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Where, in characters from 0, if that is known.
    pub at: Option<usize>,
}

/// Parses it.
///
/// # Errors
/// A text that is no CEL.
pub fn compile(env: &Env, text: &str) -> Result<Program, Problem> {
    let problem = |message: String| Problem { message, at: None };
    if text.chars().filter(|it| SIGNS.contains(*it)).count() > MOST {
        return Err(problem(format!("it is too long: of the signs {SIGNS} it has more than {MOST}")));
    }
    let parsed = thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(STACK);
        builder.spawn_scoped(scope, || parsed(env, text)).map(thread::ScopedJoinHandle::join)
    });
    match parsed {
        Ok(Ok(parsed)) => parsed,
        Ok(Err(_)) => Err(problem("the parser gave up".to_owned())),
        Err(error) => Err(problem(format!("no thread to parse in: {error}"))),
    }
}

fn parsed(env: &Env, text: &str) -> Result<Program, Problem> {
    match env.compile(text) {
        Ok(program) if depth(program.expression()) > DEPTH => {
            Err(Problem { message: format!("it is nested deeper than {DEPTH}"), at: None })
        }
        Ok(program) => Ok(program),
        Err(error) => Err(match error.errors.first() {
            Some(first) => Problem { message: brief(&first.msg), at: place(text, first.pos) },
            None => Problem { message: error.to_string(), at: None },
        }),
    }
}

/// How deep its parts are in one another.
fn depth(expr: &IdedExpr) -> usize {
    let entry = |entry: &IdedEntryExpr| match &entry.expr {
        EntryExpr::StructField(it) => depth(&it.value),
        EntryExpr::MapEntry(it) => depth(&it.key).max(depth(&it.value)),
    };
    let deepest = match &expr.expr {
        ast::Expr::Unspecified | ast::Expr::Ident(_) | ast::Expr::Literal(_) => None,
        ast::Expr::Call(it) => it.target.as_deref().into_iter().chain(&it.args).map(depth).max(),
        ast::Expr::Comprehension(it) => {
            let parts = [&it.iter_range, &it.accu_init, &it.loop_cond, &it.loop_step, &it.result];
            parts.into_iter().map(depth).max()
        }
        ast::Expr::List(it) => it.elements.iter().map(depth).max(),
        ast::Expr::Map(it) => it.entries.iter().map(entry).max(),
        ast::Expr::Struct(it) => it.entries.iter().map(entry).max(),
        ast::Expr::Select(it) => Some(depth(&it.operand)),
    };
    deepest.unwrap_or_default() + 1
}

/// What the parser found, without the list of nearly everything that could stand there instead.
fn brief(message: &str) -> String {
    let found = message.split(" expecting ").next().unwrap_or(message);
    found.trim_start_matches("Syntax error: ").to_owned()
}

/// From a line and a column, both from 1.
fn place(text: &str, (line, column): (isize, isize)) -> Option<usize> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let column = usize::try_from(column).ok()?.checked_sub(1)?;
    let before = text.split_inclusive('\n').take(line).map(|line| line.chars().count()).sum::<usize>();
    Some(before + column).filter(|at| *at <= text.chars().count())
}
