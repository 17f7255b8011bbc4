//! A typed client of the service where it runs in several instances: calls are spread over them, each has a deadline, and
//! those that do no harm twice are made again when an instance goes away.

use prost::DecodeError;
use protogate_runtime::client::{Balanced, Calls, Options};
use tonic::transport::Endpoint;

use crate::pb::FILE_DESCRIPTOR_SET;
use crate::pb::user::user_service_client::UserServiceClient;

/// A client of all instances. Cheap to clone.
pub type Client = UserServiceClient<Balanced>;

/// A client of these instances. Which calls may be repeated is what the schema says (`idempotency_level`).
///
/// A token goes with every call by tonic's own means:
/// `UserServiceClient::with_interceptor(balanced(…)?, add_the_token)`.
///
/// # Errors
///
/// The generated descriptors cannot be read.
pub fn client(instances: Vec<Endpoint>, options: Options) -> Result<Client, DecodeError> {
    Ok(UserServiceClient::new(balanced(instances, options)?))
}

/// The channel of [`client`].
///
/// # Errors
///
/// As [`client`].
pub fn balanced(instances: Vec<Endpoint>, options: Options) -> Result<Balanced, DecodeError> {
    Ok(Balanced::new(instances, Calls::from_descriptor_set(FILE_DESCRIPTOR_SET)?, options))
}
