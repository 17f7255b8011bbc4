//! For faults in reflection: the descriptors of the server, with one message changed.

use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorSet};
use user_service::pb::FILE_DESCRIPTOR_SET;

/// The descriptors as a server would serve them whose message of this name looked otherwise.
pub fn changed(name: &str, change: impl FnOnce(&mut DescriptorProto)) -> Vec<u8> {
    // Options that are extensions are lost on the way; no fault is about them.
    let mut set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap_or_default();
    let mut messages = set.file.iter_mut().flat_map(|file| &mut file.message_type);
    messages.find(|message| message.name() == name).map(change);
    set.encode_to_vec()
}
