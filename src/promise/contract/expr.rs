//! One expression in CEL, parsed once.

use std::{
    fmt,
    sync::{Arc, LazyLock},
    thread,
};

use cel::{
    Env, ExecutionError, IdedExpr, Value,
    common::{
        ast::{self, EntryExpr, IdedEntryExpr},
        types::CelBool,
    },
    extensions,
};

use super::scope::Scope;

/// The standard library, and the functions for lists, numbers and strings that are commonly added to it.
static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    for extension in [extensions::lists, extensions::math, extensions::strings] {
        let added = extension(&mut env);
        debug_assert!(added.is_ok(), "{added:?}");
    }
    Arc::new(env)
});

/// Of these signs an expression has at most so many: the parser goes one deeper for each, and only counts brackets.
const SIGNS: &str = "+-*/%.<>=!?[";
const MOST: usize = 400;
/// The parser needs a lot of stack for each bracket, and the thread that asks may have little.
const STACK: usize = 128 << 20;
/// So deep are the parts in one another: evaluating goes as deep, in any thread.
const DEPTH: usize = 40;

/// An expression.
#[derive(Clone)]
pub struct Expr {
    text: Arc<str>,
    pub(super) program: Arc<cel::Program>,
}

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Where, in characters from 0, if that is known.
    pub at: Option<usize>,
}

impl Expr {
    /// Parses it.
    ///
    /// # Errors
    /// A text that is no CEL.
    pub fn parse(text: &str) -> Result<Expr, Problem> {
        let problem = |message: String| Problem { message, at: None };
        if text.chars().filter(|it| SIGNS.contains(*it)).count() > MOST {
            return Err(problem(format!("it is too long: of the signs {SIGNS} it has more than {MOST}")));
        }
        let parsed = thread::scope(|scope| {
            let builder = thread::Builder::new().stack_size(STACK);
            builder.spawn_scoped(scope, || Expr::parsed(text)).map(thread::ScopedJoinHandle::join)
        });
        match parsed {
            Ok(Ok(parsed)) => parsed,
            Ok(Err(_)) => Err(problem("the parser gave up".to_owned())),
            Err(error) => Err(problem(format!("no thread to parse in: {error}"))),
        }
    }

    fn parsed(text: &str) -> Result<Expr, Problem> {
        match ENV.compile(text) {
            Ok(program) if depth(program.expression()) > DEPTH => {
                Err(Problem { message: format!("it is nested deeper than {DEPTH}"), at: None })
            }
            Ok(program) => Ok(Expr { text: text.into(), program: Arc::new(program) }),
            Err(error) => Err(match error.errors.first() {
                Some(first) => Problem { message: brief(&first.msg), at: place(text, first.pos) },
                None => Problem { message: error.to_string(), at: None },
            }),
        }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it names this variable, or a variable of a loop that is called the same.
    pub fn names(&self, variable: &str) -> bool {
        self.program.references().has_variable(variable)
    }

    pub(super) fn root(&self) -> &IdedExpr {
        self.program.expression()
    }

    /// What it says of these variables.
    ///
    /// # Errors
    /// When it cannot be evaluated, or is neither true nor false; it says why.
    pub(super) fn holds(&self, scope: &Scope<'_>) -> Result<bool, String> {
        holds(self.root(), &scope.context())
    }

    /// What it is, with these variables.
    ///
    /// # Errors
    /// When it cannot be evaluated; it says why.
    pub(super) fn value(&self, scope: &Scope<'_>) -> Result<Value, String> {
        Value::resolve(self.root(), &scope.context()).map_err(|error| words(&error))
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

/// The whole numbers that are written in it.
pub(super) fn integers(expr: &IdedExpr) -> Vec<i64> {
    let all = |parts: &mut dyn Iterator<Item = &IdedExpr>| parts.flat_map(integers).collect();
    match &expr.expr {
        ast::Expr::Literal(ast::LiteralValue::Int(it)) => vec![*it.inner()],
        ast::Expr::Call(it) => all(&mut it.target.as_deref().into_iter().chain(&it.args)),
        ast::Expr::Comprehension(it) => all(&mut [&it.iter_range, &it.loop_step].into_iter()),
        ast::Expr::List(it) => all(&mut it.elements.iter()),
        ast::Expr::Select(it) => integers(&it.operand),
        _ => Vec::new(),
    }
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

pub(super) fn context<'v>() -> cel::Context<'static, 'v> {
    cel::Context::with_env(ENV.clone())
}

/// See [`Expr::holds`].
pub(super) fn holds(expr: &IdedExpr, context: &cel::Context<'_, '_>) -> Result<bool, String> {
    let value = Value::resolve_val(expr, context).map_err(|error| words(&error))?;
    match value.downcast_ref::<CelBool>() {
        Some(it) => Ok(*it.inner()),
        None => Err(format!("it is neither true nor false but a {}", value.get_type().name())),
    }
}

/// What went wrong, without the whole of a value that an error of CEL would print.
fn words(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(name) => format!("nothing is called `{name}` there, or it is not set"),
        ExecutionError::UndeclaredReference(name) => format!("there is no `{name}` here"),
        ExecutionError::IndexOutOfBounds(_) => "there is no element at that place of the list".to_owned(),
        ExecutionError::Overflow(..) => "the result is too large".to_owned(),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            "division by zero".to_owned()
        }
        error => super::show::clip(&error.to_string(), 200),
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({})", self.text)
    }
}
