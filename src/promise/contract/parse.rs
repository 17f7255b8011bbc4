//! The one way to read an expression, safe for any text.
//!
//! The parser of CEL goes down a level of the stack for each level of an expression, and so does everything that walks
//! over what it makes. It is given a stack of its own, and what is nested too deeply to be walked over elsewhere is refused.

use std::sync::LazyLock;
use std::thread;

use cel::common::ast::{EntryExpr, Expr};
use cel::{Env, IdedExpr, ParseErrors, Program, extensions};

use super::Problem;

/// The longest text. Nobody reads more.
const LENGTH: usize = 16 * 1024;
/// The deepest tree.
const DEPTH: usize = 200;
/// Room for the parser on a text of that length: measured in a debug build. Pages that are not used cost nothing.
const STACK: usize = 512 * 1024 * 1024;

/// The standard library, and the functions for lists, numbers and strings that are commonly added to it.
static ENVIRONMENT: LazyLock<Env> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    // Each is added once to a new environment: nothing is there that it could clash with.
    let _ = env.add_extension(extensions::lists);
    let _ = env.add_extension(extensions::math);
    let _ = env.add_extension(extensions::strings);
    env
});

/// Reads an expression.
pub(super) fn parse(text: &str) -> Result<Program, Problem> {
    let refused = |message: String| Err(Problem { message, at: None });
    if text.len() > LENGTH {
        return refused(format!("it is longer than {LENGTH} bytes"));
    }
    let done = thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(STACK);
        // A parser that panics is a text that cannot be read.
        builder.spawn_scoped(scope, || parse_here(text)).map(|thread| thread.join().ok())
    });
    match done {
        Ok(Some(result)) => result,
        Ok(None) => refused("it cannot be read".to_owned()),
        Err(error) => refused(format!("there is no room to read it: {error}")),
    }
}

fn parse_here(text: &str) -> Result<Program, Problem> {
    match ENVIRONMENT.compile(text) {
        Ok(program) if depth(program.expression()) > DEPTH => {
            Err(Problem { message: format!("it is nested more than {DEPTH} levels deep"), at: None })
        }
        Ok(program) => Ok(program),
        Err(errors) => Err(problem(text, &errors)),
    }
}

fn problem(text: &str, errors: &ParseErrors) -> Problem {
    let Some(first) = errors.errors.first() else {
        return Problem { message: "it cannot be read".to_owned(), at: None };
    };
    let (line, column) = (first.pos.0.max(1).unsigned_abs(), first.pos.1.max(1).unsigned_abs());
    let before: usize = text.split_inclusive('\n').take(line - 1).map(|line| line.chars().count()).sum();
    let at = (before + column - 1).min(text.chars().count());
    let message = first.msg.lines().next().unwrap_or("it cannot be read").to_owned();
    Problem { message, at: Some(at) }
}

fn depth(it: &IdedExpr) -> usize {
    let inner: Vec<&IdedExpr> = match &it.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => return 1,
        Expr::Select(select) => vec![&select.operand],
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => map.entries.iter().flat_map(|entry| of_entry(&entry.expr)).collect(),
        Expr::Struct(made) => made.entries.iter().flat_map(|entry| of_entry(&entry.expr)).collect(),
        Expr::Comprehension(it) => {
            vec![&it.iter_range, &it.accu_init, &it.loop_cond, &it.loop_step, &it.result]
        }
    };
    1 + inner.into_iter().map(depth).max().unwrap_or(0)
}

fn of_entry(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
        EntryExpr::StructField(field) => vec![&field.value],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_too_hard_to_read() {
        let long = |piece: &str| piece.repeat(LENGTH / piece.len());
        let nested =
            |open: &str, inner: &str, close: &str, deep| open.repeat(deep) + inner + &close.repeat(deep);
        let few = nested("(", "1", ")", 60);
        assert!(parse(&few).is_ok());
        for text in [
            nested("(", "1", ")", 8000),
            nested("[", "1", "]", 8000),
            nested("[", "", "", 16000),
            nested("{1:", "1", "}", 4000),
            nested("a.map(x,", "x", ")", 1500),
            nested("f(", "x", ")", 5000),
            nested("true?", "1", ":1", 2000),
            nested("true?1:", "1", "", 2000),
            format!("1{}", "+1".repeat(8000)),
            format!("a{}", ".b".repeat(8000)),
            format!("a{}", "[0]".repeat(5000)),
            format!("a{}", "()".repeat(8000)),
            format!("a{}", ".f()".repeat(4000)),
            format!("a{}", "==b".repeat(4000)),
            long("-") + "1",
            long("!-") + "1",
            long("'"),
            long("("),
            long("\\"),
            long("💥"),
            "a".repeat(LENGTH + 1),
        ] {
            let start: String = text.chars().take(20).collect();
            assert!(parse(&text).is_err(), "{start}");
        }
        // Balanced by the parser, however long.
        assert!(parse(&format!("true{}", "&&true".repeat(2000))).is_ok());
    }

    #[test]
    fn a_mistake_is_found_in_its_line() {
        for (text, at) in [("a ==", 4), ("a\n&& b c", 7), ("a = b", 2), ("'é' == = 1", 7)] {
            assert_eq!(parse(text).unwrap_err().at, Some(at), "{text}");
        }
    }
}
