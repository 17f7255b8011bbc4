//! Rules that are expressions: `cel` and `cel_expression` of a field or of a message, in CEL with the functions of
//! protovalidate.

mod functions;
pub mod parse;
mod value;

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use ::cel::{
    Context, Env, ExecutionError, IdedExpr, Value as Cel,
    common::{
        types::{CelBool, CelString, CelTimestamp},
        value::CowVal,
    },
    context::VariableResolver,
    extensions,
};
use chrono::DateTime;
use prost_reflect::{DynamicMessage, Value};

pub use value::{Boxed, key_of, list, map, of, well_known, with};

use crate::Violation;

/// The standard library, and what protovalidate adds to it.
static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    for extension in [extensions::lists, extensions::math, extensions::strings, functions::add] {
        let added = extension(&mut env);
        debug_assert!(added.is_ok(), "{added:?}");
    }
    Arc::new(env)
});

/// One of the rules.
#[derive(Clone)]
pub(crate) struct Expression {
    id: String,
    /// What is said where the expression is false; nothing where it says so itself.
    message: String,
    text: String,
    expr: IdedExpr,
    /// What a rule of somebody's own was given, and the rules it stands among.
    given: Option<(Value, DynamicMessage)>,
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({}: {})", self.id, self.text)
    }
}

impl Expression {
    /// Those of `cel` and `cel_expression` in the rules of a field or of a message. Nothing where one of them is no
    /// expression.
    pub fn all(rules: &DynamicMessage) -> Option<Vec<Expression>> {
        let list = |name: &str| match rules.get_field_by_name(name).map(std::borrow::Cow::into_owned) {
            Some(Value::List(items)) => items,
            _ => Vec::new(),
        };
        let text = |rule: &DynamicMessage, name: &str| {
            let value = rule.get_field_by_name(name)?.into_owned();
            value.as_str().map(str::to_owned)
        };
        let long = list("cel").into_iter().map(|rule| {
            let rule = rule.as_message()?;
            Expression::new(text(rule, "id")?, text(rule, "message")?, text(rule, "expression")?)
        });
        let short = list("cel_expression").into_iter().map(|rule| {
            let text = rule.as_str()?.to_owned();
            Expression::new(text.clone(), String::new(), text)
        });
        long.chain(short).collect()
    }

    /// Those that rules of somebody's own stand for: extensions of this family of rules. Nothing where one of them stands
    /// for none.
    pub fn predefined(rules: &DynamicMessage) -> Option<Vec<Expression>> {
        let mut all = Vec::new();
        for (rule, given) in rules.extensions() {
            let predefined = crate::option(&rule.options(), "buf.validate.predefined")?;
            let expressions = Expression::all(&predefined).filter(|it| !it.is_empty())?;
            let given = Some((given.clone(), rules.clone()));
            all.extend(expressions.into_iter().map(|it| Expression { given: given.clone(), ..it }));
        }
        Some(all)
    }

    fn new(id: String, message: String, text: String) -> Option<Expression> {
        let program = parse::compile(&ENV, &text).ok()?;
        let mut expr = program.expression().clone();
        functions::ask_presence(&mut expr);
        Some(Expression { id, message, text, expr, given: None })
    }

    /// What it says of a value: nothing where it is kept, the violation, or why it cannot be told.
    pub fn ask(&self, value: &Value, path: &str, now: i128) -> Result<Option<Violation>, String> {
        let (rule, rules) = match &self.given {
            Some((rule, rules)) => (Some(value::of(rule)), Some(value::of(&Value::Message(rules.clone())))),
            None => (None, None),
        };
        let names = Names { this: value::of(value), rule, rules, now };
        let mut context = Context::with_env(ENV.clone());
        context.set_variable_resolver(&names);
        let said = Cel::resolve_val(&self.expr, &context)
            .map_err(|error| format!("`{}`: {}", self.text, self::words(&error)))?;
        let broken =
            |message: String| Ok(Some(Violation { path: path.to_owned(), rule: self.id.clone(), message }));
        if let Some(holds) = said.downcast_ref::<CelBool>() {
            return match (*holds.inner(), self.message.is_empty()) {
                (true, _) => Ok(None),
                (false, false) => broken(self.message.clone()),
                (false, true) => broken(format!("\"{}\" returned false", self.text)),
            };
        }
        match said.downcast_ref::<CelString<'_>>() {
            Some(text) if text.inner().is_empty() => Ok(None),
            Some(text) if self.message.is_empty() => broken(text.inner().to_string()),
            Some(_) => broken(self.message.clone()),
            None => Err(format!("`{}` is neither a truth nor a text", self.text)),
        }
    }
}

/// What went wrong, without the whole of a value that an error of CEL would print.
fn words(error: &ExecutionError) -> String {
    error.to_string().chars().take(200).collect()
}

/// The variables.
struct Names {
    this: Boxed,
    rule: Option<Boxed>,
    rules: Option<Boxed>,
    /// Nanoseconds since the Unix epoch.
    now: i128,
}

impl VariableResolver for Names {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        match name {
            "this" => Some(CowVal::Borrowed(&*self.this)),
            "rule" => Some(CowVal::Borrowed(&**self.rule.as_ref()?)),
            "rules" => Some(CowVal::Borrowed(&**self.rules.as_ref()?)),
            "now" => {
                let nanos = i64::try_from(self.now).ok()?;
                Some(CowVal::owned(CelTimestamp::from(DateTime::from_timestamp_nanos(nanos).fixed_offset())))
            }
            _ => None,
        }
    }
}
