//! Messages of an exact size: a valid one and an unknown field, which the application never sees.

use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};
use prost_reflect::MessageDescriptor;

/// The message with an unknown length-delimited field behind it, `size` bytes in all. Where the message is
/// longer already, it is as it was.
pub(super) fn padded(desc: &MessageDescriptor, message: &[u8], size: usize) -> Vec<u8> {
    let Some(number) = free_number(desc) else { return message.to_vec() };
    let mut out = message.to_vec();
    out.reserve(size.saturating_sub(out.len()));
    // A length of 127 takes one byte and one of 128 two: one size in between cannot be met by a single field.
    for _ in 0..3 {
        let mut key = Vec::new();
        encode_key(number, WireType::LengthDelimited, &mut key);
        let Some(room) = size.checked_sub(out.len() + key.len()) else { break };
        let fits = |len: &usize| len + encoded_len_varint(*len as u64) == room;
        if let Some(len) = (room.saturating_sub(10)..=room).find(fits) {
            out.extend(key);
            encode_varint(len as u64, &mut out);
            out.resize(size, 0);
            break;
        }
        encode_key(number, WireType::Varint, &mut out);
        out.push(1);
    }
    out
}

fn free_number(desc: &MessageDescriptor) -> Option<u32> {
    (1..=536_870_911u32).rev().find(|number| {
        desc.get_field(*number).is_none() && !desc.extension_ranges().any(|range| range.contains(number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_met_and_the_message_stays() {
        let pool = prost_reflect::DescriptorPool::global();
        let desc = pool.get_message_by_name("google.protobuf.Timestamp").unwrap();
        for size in (20..400).chain(16_380..16_400).chain(2_097_150..2_097_170).chain([4 << 20, 8 << 20]) {
            let bytes = padded(&desc, &[8, 1], size);
            assert_eq!(bytes.len(), size);
            assert!(prost_reflect::DynamicMessage::decode(desc.clone(), &*bytes).is_ok(), "{size}");
        }
    }
}
