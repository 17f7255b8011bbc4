//! The list of rules.

use super::Rule;

macro_rules! registry {
    ($($rule:ident)*) => {
        /// Every rule of this folder, in the order of their names.
        pub static BREAKING: &[&Rule] = &[$(&super::$rule::RULE),*];
    };
}

registry! {
    enum_value_no_delete
    field_no_delete
    field_no_delete_unless_name_reserved
    field_no_delete_unless_number_reserved
    field_same_cardinality
    field_same_name
    field_same_oneof
    field_same_type
    file_no_delete
    message_no_delete
    reserved_message_no_delete
    rpc_no_delete
    rpc_same_client_streaming
    rpc_same_request_type
    rpc_same_response_type
    rpc_same_server_streaming
}
