//! The functions of CEL and of its extensions for lists, mathematics, strings and optional values.

use super::types::Type;

/// What a function gives.
#[derive(Debug, Clone, Copy)]
pub(super) enum Gives {
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,
    Duration,
    Dyn,
    Ints,
    Strings,
    /// What it is called on, or its first argument.
    Same,
    /// The largest or smallest of its arguments.
    Extreme,
    /// A list without the lists in it.
    Flat,
}

/// What it is called on (nothing for a function that stands alone) and its arguments, as letters: those after `?` may be
/// left out. See [`takes`].
pub(super) struct Function {
    pub name: &'static str,
    pub on: &'static str,
    pub arguments: &'static str,
    pub gives: Gives,
}

macro_rules! functions {
    ($($name:literal $on:literal $arguments:literal $gives:ident)*) => {
        &[$(Function { name: $name, on: $on, arguments: $arguments, gives: Gives::$gives }),*]
    };
}

/// Every function, overloads one after the other.
static FUNCTIONS: &[Function] = functions! {
    "size" "" "z" Int
    "size" "z" "" Int
    "bool" "" "*" Bool
    "bytes" "" "*" Bytes
    "double" "" "*" Double
    "duration" "" "*" Duration
    "dyn" "" "*" Dyn
    "int" "" "*" Int
    "string" "" "*" String
    "timestamp" "" "*" Timestamp
    "type" "" "*" Dyn
    "uint" "" "*" Uint
    "matches" "" "ss" Bool
    "matches" "s" "s" Bool
    "contains" "s" "s" Bool
    "endsWith" "s" "s" Bool
    "startsWith" "s" "s" Bool
    "charAt" "s" "i" String
    "format" "s" "l" String
    "indexOf" "s" "s?i" Int
    "lastIndexOf" "s" "s?i" Int
    "lowerAscii" "s" "" String
    "replace" "s" "ss?i" String
    "reverse" "sl" "" Same
    "split" "s" "s?i" Strings
    "substring" "s" "i?i" String
    "trim" "s" "" String
    "upperAscii" "s" "" String
    "join" "l" "?s" String
    "distinct" "l" "" Same
    "flatten" "l" "?i" Flat
    "slice" "l" "ii" Same
    "sort" "l" "" Same
    "@sortByAssociatedKeys" "l" "l" Same
    "getDate" "t" "?s" Int
    "getDayOfMonth" "t" "?s" Int
    "getDayOfWeek" "t" "?s" Int
    "getDayOfYear" "t" "?s" Int
    "getFullYear" "t" "?s" Int
    "getHours" "tu" "?s" Int
    "getMilliseconds" "tu" "?s" Int
    "getMinutes" "tu" "?s" Int
    "getMonth" "t" "?s" Int
    "getSeconds" "tu" "?s" Int
    "lists.range" "" "i" Ints
    "strings.quote" "" "s" String
    "math.@max" "" "N?n" Extreme
    "math.@min" "" "N?n" Extreme
    "math.abs" "" "n" Same
    "math.bitAnd" "" "nn" Same
    "math.bitNot" "" "n" Same
    "math.bitOr" "" "nn" Same
    "math.bitShiftLeft" "" "ni" Same
    "math.bitShiftRight" "" "ni" Same
    "math.bitXor" "" "nn" Same
    "math.ceil" "" "d" Double
    "math.floor" "" "d" Double
    "math.isFinite" "" "d" Bool
    "math.isInf" "" "d" Bool
    "math.isNaN" "" "d" Bool
    "math.round" "" "d" Double
    "math.sign" "" "n" Same
    "math.sqrt" "" "n" Double
    "math.trunc" "" "d" Double
    "optional.none" "" "" Dyn
    "optional.of" "" "*" Dyn
    "optional.ofNonZeroValue" "" "*" Dyn
    "hasValue" "*" "" Bool
    "or" "*" "*" Dyn
    "orValue" "*" "*" Dyn
    "value" "*" "" Dyn
};

/// What macros are called: gone before an expression is looked at, unless they are called wrongly.
const MACROS: [(&str, &str); 11] = [
    ("all", "LIST.all(x, CONDITION)"),
    ("exists", "LIST.exists(x, CONDITION)"),
    ("exists_one", "LIST.exists_one(x, CONDITION)"),
    ("existsOne", "LIST.existsOne(x, CONDITION)"),
    ("filter", "LIST.filter(x, CONDITION)"),
    ("map", "LIST.map(x, EXPRESSION)"),
    ("has", "has(MESSAGE.field)"),
    ("sortBy", "LIST.sortBy(x, EXPRESSION)"),
    ("math.greatest", "math.greatest(A, B)"),
    ("math.least", "math.least(A, B)"),
    ("optMap", "OPTIONAL.optMap(x, EXPRESSION)"),
];

/// The names before the dot of functions that stand alone.
pub(super) const NAMESPACES: [&str; 4] = ["lists", "math", "optional", "strings"];

/// The functions of this name that are called on something, or that are not.
pub(super) fn named(name: &str, on_something: bool) -> Vec<&'static Function> {
    FUNCTIONS.iter().filter(|it| it.name == name && it.on.is_empty() != on_something).collect()
}

/// How a macro of this name is written.
pub(super) fn form_of_macro(name: &str) -> Option<&'static str> {
    MACROS.iter().find(|(word, _)| *word == name).map(|(_, form)| *form)
}

/// Every name that can be called.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let functions = FUNCTIONS.iter().map(|it| it.name).filter(|name| !name.contains('@'));
    functions.chain(MACROS.iter().map(|(name, _)| *name))
}

impl Function {
    /// Whether it can be called so.
    pub fn accepts(&self, on: Option<&Type>, arguments: &[Type]) -> bool {
        let least = self.arguments.split('?').next().unwrap_or("").len();
        let letters: Vec<char> = self.arguments.chars().filter(|it| *it != '?').collect();
        (least..=letters.len()).contains(&arguments.len())
            && on.is_none_or(|on| self.on.chars().any(|letter| takes(letter, on)))
            && letters.iter().zip(arguments).all(|(letter, argument)| takes(*letter, argument))
    }

    /// The type of what it gives.
    pub fn result(&self, on: Option<&Type>, arguments: &[Type]) -> Type {
        let first = || on.or(arguments.first()).cloned().unwrap_or(Type::Dyn);
        match self.gives {
            Gives::Bool => Type::Bool,
            Gives::Int => Type::Int,
            Gives::Uint => Type::Uint,
            Gives::Double => Type::Double,
            Gives::String => Type::String,
            Gives::Bytes => Type::Bytes,
            Gives::Timestamp => Type::Timestamp,
            Gives::Duration => Type::Duration,
            Gives::Dyn => Type::Dyn,
            Gives::Ints => Type::list(Type::Int),
            Gives::Strings => Type::list(Type::String),
            Gives::Same => first(),
            Gives::Extreme => match arguments {
                [Type::List(of)] => (**of).clone(),
                all => all.iter().cloned().reduce(Type::or).unwrap_or(Type::Dyn),
            },
            Gives::Flat => match first() {
                Type::List(of) if matches!(*of, Type::List(_)) => *of,
                Type::List(of) if !of.is_open() => Type::List(of),
                _ => Type::Dyn,
            },
        }
    }
}

/// Whether the letter stands for the type.
fn takes(letter: char, of: &Type) -> bool {
    use Type::{Bytes, Double, Duration, Int, List, Map, String, Timestamp};
    of.is_open()
        || match letter {
            's' => *of == String,
            'i' => *of == Int,
            'd' => *of == Double,
            't' => *of == Timestamp,
            'u' => *of == Duration,
            'l' => matches!(of, List(_)),
            'n' => of.is_number(),
            'N' => of.is_number() || matches!(of, List(_)),
            'z' => matches!(of, String | Bytes | List(_) | Map(..)),
            '*' => true,
            _ => false,
        }
}
