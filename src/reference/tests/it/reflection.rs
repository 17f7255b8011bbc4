//! Reflection, both versions: the services, and the schema with its custom options.

use prost::Message;
use std::time::Duration;
use tonic_reflection::pb::{v1, v1alpha};

use crate::server::start_with_drain;

/// The field options `[(buf.validate.field).string = {min_len: 1, max_len: 64}]`: extension 1159, in it field
/// 14 (string), in it fields 2 and 3.
const ID_RULES: &[u8] = &[0xba, 0x48, 0x06, 0x72, 0x04, 0x10, 0x01, 0x18, 0x40];

/// The services and the file of `user.UserService`, asked in one version of the protocol.
macro_rules! ask {
    ($version:ident, $channel:expr) => {{
        use $version::server_reflection_request::MessageRequest;
        use $version::server_reflection_response::MessageResponse;
        let mut client = $version::server_reflection_client::ServerReflectionClient::new($channel);
        let ask = |message| $version::ServerReflectionRequest {
            host: String::new(),
            message_request: Some(message),
        };
        let requests = [
            ask(MessageRequest::ListServices(String::new())),
            ask(MessageRequest::FileContainingSymbol("user.UserService".to_owned())),
        ];
        let answers = client.server_reflection_info(tokio_stream::iter(requests)).await.unwrap();
        let answers =
            crate::server::all(answers).await.into_iter().map(|answer| answer.message_response.unwrap());
        match answers.collect::<Vec<_>>().as_slice() {
            [MessageResponse::ListServicesResponse(list), MessageResponse::FileDescriptorResponse(files)] => {
                (
                    list.service.iter().map(|service| service.name.clone()).collect::<Vec<_>>(),
                    files.file_descriptor_proto.clone(),
                )
            }
            other => panic!("{other:?}"),
        }
    }};
}

#[tokio::test]
async fn both_versions_tell_the_services_and_the_rules() {
    let server = start_with_drain(Duration::ZERO).await;
    for (services, files) in [ask!(v1, server.channel.clone()), ask!(v1alpha, server.channel.clone())] {
        assert!(services.contains(&"user.UserService".to_owned()), "{services:?}");
        let file = files.iter().find(|file| {
            prost_types::FileDescriptorProto::decode(file.as_slice()).unwrap().name() == "user.proto"
        });
        let rules = file.unwrap().windows(ID_RULES.len()).filter(|bytes| *bytes == ID_RULES).count();
        assert_eq!(rules, 2, "UserRequest.id and UpdateUserRequest.id");
    }
}
