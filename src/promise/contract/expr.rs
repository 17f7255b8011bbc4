//! One expression in CEL, parsed once.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use cel::{
    Env, ExecutionError, IdedExpr, Value,
    common::{ast, types::CelBool},
    extensions,
};
use protogate_validate::cel::parse::compile;

pub use protogate_validate::cel::parse::Problem;

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

/// An expression.
#[derive(Clone)]
pub struct Expr {
    text: Arc<str>,
    pub(super) program: Arc<cel::Program>,
}

impl Expr {
    /// Parses it.
    ///
    /// # Errors
    /// A text that is no CEL.
    pub fn parse(text: &str) -> Result<Expr, Problem> {
        let program = compile(&ENV, text)?;
        Ok(Expr { text: text.into(), program: Arc::new(program) })
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
