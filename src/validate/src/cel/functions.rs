//! The functions that protovalidate adds to CEL, and `has`, which asks a message whether a field is set.
//!
//! Source: "Extended CEL library", protovalidate.com.

use std::collections::HashMap;

use ::cel::{
    DeclarationError, Env, ExecutionError, IdedExpr,
    common::{
        ast::{CallExpr, EntryExpr, Expr, IdedEntryExpr, LiteralValue},
        types::{
            BOOL_TYPE, BYTES_TYPE, CelBool, CelBytes, CelDouble, CelInt, CelString, CelUInt, DOUBLE_TYPE,
            DYN_TYPE, INT_TYPE, LIST_TYPE, STRING_TYPE,
        },
        value::{CowVal, Val},
    },
};

use super::value::Message;
use crate::forms::{self, Form};

type Answer<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

/// What `has` becomes: named so that no expression can call it.
const HAS: &str = "@has";

/// Adds them.
///
/// # Errors
/// Another function of the name takes the same values.
pub fn add(env: &mut Env) -> Result<(), DeclarationError> {
    let text = |env: &mut Env, name: &str, does: ::cel::common::functions::Function| {
        env.add_member_overload(name, &format!("string.{name}()"), STRING_TYPE, vec![], does)
    };
    text(env, "isEmail", |args| form(&args, Form::Email))?;
    text(env, "isHostname", |args| form(&args, Form::Hostname))?;
    text(env, "isIp", |args| form(&args, Form::Ip))?;
    text(env, "isIpPrefix", |args| form(&args, Form::IpWithPrefix))?;
    text(env, "isUri", |args| form(&args, Form::Uri))?;
    text(env, "isUriRef", |args| said(text_of(&args, 0)?.is_empty() || fits(&args, Form::UriRef)?))?;
    env.add_member_overload("isIp", "string.isIp(int)", STRING_TYPE, vec![INT_TYPE], |args| {
        match int_of(&args, 1)? {
            0 => form(&args, Form::Ip),
            4 => form(&args, Form::Ipv4),
            6 => form(&args, Form::Ipv6),
            _ => said(false),
        }
    })?;
    env.add_member_overload("isIpPrefix", "string.isIpPrefix(int)", STRING_TYPE, vec![INT_TYPE], |args| {
        prefix(&args, int_of(&args, 1)?, false)
    })?;
    env.add_member_overload("isIpPrefix", "string.isIpPrefix(bool)", STRING_TYPE, vec![BOOL_TYPE], |args| {
        prefix(&args, 0, bool_of(&args, 1)?)
    })?;
    let both = vec![INT_TYPE, BOOL_TYPE];
    env.add_member_overload("isIpPrefix", "string.isIpPrefix(int,bool)", STRING_TYPE, both, |args| {
        prefix(&args, int_of(&args, 1)?, bool_of(&args, 2)?)
    })?;
    let port = vec![BOOL_TYPE];
    env.add_member_overload("isHostAndPort", "string.isHostAndPort(bool)", STRING_TYPE, port, |args| {
        said(forms::is_host_and_port(text_of(&args, 0)?, bool_of(&args, 1)?))
    })?;
    env.add_member_overload("isNan", "double.isNan()", DOUBLE_TYPE, vec![], |args| {
        said(double_of(&args, 0)?.is_nan())
    })?;
    env.add_member_overload("isInf", "double.isInf()", DOUBLE_TYPE, vec![], |args| {
        said(double_of(&args, 0)?.is_infinite())
    })?;
    env.add_member_overload("isInf", "double.isInf(int)", DOUBLE_TYPE, vec![INT_TYPE], |args| {
        let (number, sign) = (double_of(&args, 0)?, int_of(&args, 1)?);
        said(number.is_infinite() && (sign == 0 || (number > 0.0) == (sign > 0)))
    })?;
    env.add_member_overload("unique", "list.unique()", LIST_TYPE, vec![], unique)?;
    env.add_member_overload("startsWith", "bytes.startsWith(bytes)", BYTES_TYPE, vec![BYTES_TYPE], |args| {
        said(bytes_of(&args, 0)?.starts_with(bytes_of(&args, 1)?))
    })?;
    env.add_member_overload("endsWith", "bytes.endsWith(bytes)", BYTES_TYPE, vec![BYTES_TYPE], |args| {
        said(bytes_of(&args, 0)?.ends_with(bytes_of(&args, 1)?))
    })?;
    env.add_member_overload("contains", "bytes.contains(bytes)", BYTES_TYPE, vec![BYTES_TYPE], |args| {
        let (whole, part) = (bytes_of(&args, 0)?, bytes_of(&args, 1)?);
        said(part.is_empty() || whole.windows(part.len()).any(|it| it == part))
    })?;
    env.add_overload(HAS, "@has(dyn,string)", vec![DYN_TYPE, STRING_TYPE], |args| {
        let name = text_of(&args, 1)?;
        let [of, ..] = args.as_slice() else { return Err(misfit("nothing", "a message")) };
        if let Some(message) = of.downcast_ref::<Message>() {
            let has = message.has(name);
            return said(has.ok_or_else(|| ExecutionError::NoSuchKey(name.to_owned().into()))?);
        }
        let entries = of.as_indexer().ok_or_else(|| misfit(of.get_type().name(), "a message or a map"))?;
        match entries.get(&CelString::from(name)) {
            Ok(_) => said(true),
            Err(ExecutionError::NoSuchKey(_)) => said(false),
            Err(error) => Err(error),
        }
    })
}

/// Whether a field is set is asked of the message, and not of what the field reads as.
pub fn ask_presence(expr: &mut IdedExpr) {
    let id = expr.id;
    if let Expr::Select(select) = &mut expr.expr
        && select.test
    {
        let operand = std::mem::take(&mut *select.operand);
        let name = LiteralValue::String(select.field.clone().into());
        let name = IdedExpr { id, expr: Expr::Literal(name) };
        let args = vec![operand, name];
        expr.expr = Expr::Call(CallExpr { func_name: HAS.to_owned(), target: None, args });
    }
    let entry = |entry: &mut IdedEntryExpr| match &mut entry.expr {
        EntryExpr::StructField(it) => ask_presence(&mut it.value),
        EntryExpr::MapEntry(it) => {
            ask_presence(&mut it.key);
            ask_presence(&mut it.value);
        }
    };
    match &mut expr.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
        Expr::Call(it) => it.target.as_deref_mut().into_iter().chain(&mut it.args).for_each(ask_presence),
        Expr::Comprehension(it) => {
            let it = &mut **it;
            for part in
                [&mut it.iter_range, &mut it.accu_init, &mut it.loop_cond, &mut it.loop_step, &mut it.result]
            {
                ask_presence(part);
            }
        }
        Expr::List(it) => it.elements.iter_mut().for_each(ask_presence),
        Expr::Map(it) => it.entries.iter_mut().for_each(entry),
        Expr::Struct(it) => it.entries.iter_mut().for_each(entry),
        Expr::Select(it) => ask_presence(&mut it.operand),
    }
}

fn said<'b, 'v>(it: bool) -> Answer<'b, 'v> {
    Ok(CowVal::owned(CelBool::from(it)))
}

fn form<'b, 'v>(args: &[CowVal<'_, '_>], form: Form) -> Answer<'b, 'v> {
    said(fits(args, form)?)
}

/// No form has nothing in it, but for that of a reference.
fn fits(args: &[CowVal<'_, '_>], form: Form) -> Result<bool, ExecutionError> {
    let text = text_of(args, 0)?;
    Ok(!text.is_empty() && form.fits(text.as_bytes()))
}

fn prefix<'b, 'v>(args: &[CowVal<'_, '_>], version: i64, strict: bool) -> Answer<'b, 'v> {
    let of = match (version, strict) {
        (0, false) => Form::IpWithPrefix,
        (0, true) => Form::IpPrefix,
        (4, false) => Form::Ipv4WithPrefix,
        (4, true) => Form::Ipv4Prefix,
        (6, false) => Form::Ipv6WithPrefix,
        (6, true) => Form::Ipv6Prefix,
        _ => return said(false),
    };
    form(args, of)
}

fn unique<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let list = args.first().ok_or_else(|| misfit("nothing", "a list"))?;
    let list = list.as_iterable().ok_or_else(|| misfit(list.get_type().name(), "a list"))?;
    let (mut items, mut seen) = (list.iter(), HashMap::<Alike<'_>, Vec<&dyn Val>>::new());
    while let Some(item) = items.next() {
        let alike = seen.entry(Alike::of(item)).or_default();
        if alike.iter().any(|it| it.equals(item)) {
            return said(false);
        }
        alike.push(item);
    }
    said(true)
}

/// The same for values that are equal, and seldom the same for others: a list is as long as its sender likes, and is not
/// to be compared with itself.
#[derive(PartialEq, Eq, Hash)]
enum Alike<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
    Bool(bool),
    /// Numbers of all three types may be equal.
    Number(u64),
    Other,
}

impl<'a> Alike<'a> {
    fn of(value: &'a dyn Val) -> Alike<'a> {
        // Both zeros are one.
        let number = |it: f64| Alike::Number((it + 0.0).to_bits());
        if let Some(it) = value.downcast_ref::<CelString<'_>>() {
            Alike::Text(it.inner())
        } else if let Some(it) = value.downcast_ref::<CelBytes<'_>>() {
            Alike::Bytes(it.inner())
        } else if let Some(it) = value.downcast_ref::<CelInt>() {
            number(*it.inner() as f64)
        } else if let Some(it) = value.downcast_ref::<CelUInt>() {
            number(*it.inner() as f64)
        } else if let Some(it) = value.downcast_ref::<CelDouble>() {
            number(*it.inner())
        } else if let Some(it) = value.downcast_ref::<CelBool>() {
            Alike::Bool(*it.inner())
        } else {
            Alike::Other
        }
    }
}

fn misfit(got: &str, want: &str) -> ExecutionError {
    ExecutionError::UnexpectedType { got: got.to_owned(), want: want.to_owned() }
}

/// Reads an argument, which the overload has promised to be of this type.
macro_rules! argument {
    ($name:ident, $cel:ty, $rust:ty, $found:ident => $value:expr) => {
        #[allow(clippy::needless_lifetimes, reason = "what borrows from the argument needs it")]
        fn $name<'a>(args: &'a [CowVal<'_, '_>], at: usize) -> Result<$rust, ExecutionError> {
            let $found = args.get(at).and_then(|it| it.downcast_ref::<$cel>());
            let $found = $found.ok_or_else(|| misfit("another value", stringify!($cel)))?;
            Ok($value)
        }
    };
}

argument!(text_of, CelString<'_>, &'a str, it => it.inner());
argument!(bytes_of, CelBytes<'_>, &'a [u8], it => it.inner());
argument!(int_of, CelInt, i64, it => *it.inner());
argument!(bool_of, CelBool, bool, it => *it.inner());
argument!(double_of, CelDouble, f64, it => *it.inner());
