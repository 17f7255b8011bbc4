//! Custom options as values: found by name, compared as text, because two schemas never share a descriptor.

use prost_reflect::{
    DynamicMessage, EnumDescriptor, EnumValueDescriptor, FileDescriptor, MessageDescriptor, MethodDescriptor,
    OneofDescriptor, ServiceDescriptor, Value,
};

use super::element::{Element, Field, Spot};

/// Anything that has options.
pub(super) trait Optioned {
    fn options(&self) -> DynamicMessage;

    /// The option of this number; all of the element where that is not written.
    fn option_spot(&self, number: i32) -> Spot;

    /// The option of this name and its number.
    fn option(&self, name: &str) -> Option<(i32, Value)> {
        let options = self.options();
        let mut all = options.extensions();
        let (extension, value) = all.find(|(it, _)| it.full_name() == name)?;
        Some((i32::try_from(extension.number()).ok()?, value.clone()))
    }

    /// What it is called in a sentence.
    fn title(&self) -> String {
        match self.option_spot(0).symbol() {
            Some(symbol) => format!("`{symbol}`"),
            None => "the file".to_owned(),
        }
    }
}

/// The number after each type is that of `options` in its descriptor.
macro_rules! optioned {
    ($($Type:ident $number:literal)*) => {$(
        impl Optioned for $Type {
            fn options(&self) -> DynamicMessage {
                $Type::options(self)
            }

            fn option_spot(&self, number: i32) -> Spot {
                self.token(&[$number, number])
            }
        }
    )*};
}

optioned! {
    MessageDescriptor 7
    OneofDescriptor 2
    EnumDescriptor 3
    EnumValueDescriptor 3
    ServiceDescriptor 3
    MethodDescriptor 4
}

impl Optioned for FileDescriptor {
    fn options(&self) -> DynamicMessage {
        FileDescriptor::options(self)
    }

    fn option_spot(&self, number: i32) -> Spot {
        Spot::part(self, &[8, number])
    }
}

impl Optioned for Field {
    fn options(&self) -> DynamicMessage {
        match self {
            Field::Member(field) => field.options(),
            Field::Extension(field) => field.options(),
        }
    }

    fn option_spot(&self, number: i32) -> Spot {
        self.token(&[8, number])
    }
}

/// The text in a field of a message.
pub(super) fn text(of: &DynamicMessage, field: &str) -> String {
    let value = of.get_field_by_name(field);
    value.as_deref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The texts in a list.
pub(super) fn texts(list: &Value) -> Vec<String> {
    let items = list.as_list().unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The messages in a field of a message.
pub(super) fn messages(of: &DynamicMessage, field: &str) -> Vec<DynamicMessage> {
    let value = of.get_field_by_name(field);
    let items = value.as_deref().and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(Value::as_message).cloned().collect()
}
