//! The list of rules.

use super::Rule;

macro_rules! registry {
    ($($rule:ident)*) => {
        /// Every rule of this folder, in the order of their names.
        pub static BREAKING: &[&Rule] = &[$(&super::$rule::RULE),*];
    };
}

registry! {
    field_no_delete
    field_no_delete_unless_name_reserved
    field_no_delete_unless_number_reserved
}
