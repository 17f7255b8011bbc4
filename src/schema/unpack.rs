//! Files from outside, read and unpacked in memory, never without a limit.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};

use super::MAX_UNPACKED_BYTES;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// The content of a file; of what is inside where it is compressed with gzip or zstd. What the file
/// holds decides, not its name: no descriptor set, tar or zip archive begins like either of them.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let bytes = bounded(File::open(path)?, MAX_UNPACKED_BYTES)?;
    if bytes.starts_with(GZIP) {
        bounded(MultiGzDecoder::new(bytes.as_slice()), MAX_UNPACKED_BYTES)
    } else if bytes.starts_with(ZSTD) {
        zstd(&bytes, MAX_UNPACKED_BYTES)
    } else {
        Ok(bytes)
    }
}

/// A zstd file is any number of frames, some of which only say "skip me".
fn zstd(mut rest: &[u8], limit: u64) -> io::Result<Vec<u8>> {
    let mut whole = Vec::new();
    while !rest.is_empty() {
        match StreamingDecoder::new(&mut rest) {
            Ok(decoder) => {
                let left = limit.saturating_sub(whole.len() as u64);
                whole.append(&mut bounded(decoder, left)?);
            }
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => {
                let skipped = usize::try_from(length).ok().and_then(|length| rest.get(length..));
                rest = skipped.ok_or(io::ErrorKind::UnexpectedEof)?;
            }
            Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error.to_string())),
        }
    }
    Ok(whole)
}

/// All of `reader`, or an error when that is more than `limit` bytes.
pub(super) fn bounded(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let message = format!("it unpacks to more than {} MiB", MAX_UNPACKED_BYTES / (1024 * 1024));
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_member_and_frame_is_read() {
        let frame = |text: &str| compress_to_vec(text.as_bytes(), CompressionLevel::Fastest);
        let skippable = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
        let folder = tempfile::tempdir().unwrap();
        for (packed, plain) in [
            (gzip(b"one"), "one"),
            ([gzip(b"one"), gzip(b"two")].concat(), "onetwo"),
            (frame("one"), "one"),
            ([frame("one"), skippable.to_vec(), frame("two")].concat(), "onetwo"),
            (b"plain".to_vec(), "plain"),
            (Vec::new(), ""),
        ] {
            let path = folder.path().join("packed");
            std::fs::write(&path, &packed).unwrap();
            assert_eq!(read(&path).unwrap(), plain.as_bytes(), "{packed:x?}");
        }
    }

    #[test]
    fn the_limit_holds() {
        let zeros = vec![0; 100_000];
        assert!(bounded(MultiGzDecoder::new(gzip(&zeros).as_slice()), 99_999).is_err());
        assert_eq!(bounded(MultiGzDecoder::new(gzip(&zeros).as_slice()), 100_000).unwrap(), zeros);
        let frame = compress_to_vec(zeros.as_slice(), CompressionLevel::Fastest);
        let twice = [frame.clone(), frame].concat();
        assert!(zstd(&twice, 199_999).is_err());
        assert_eq!(zstd(&twice, 200_000).unwrap().len(), 200_000);
    }

    #[test]
    fn what_is_cut_off_is_an_error() {
        for packed in [gzip(b"text"), compress_to_vec(&b"text"[..], CompressionLevel::Fastest)] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("packed");
            std::fs::write(&path, &packed[..packed.len() - 6]).unwrap();
            assert!(read(&path).is_err(), "{packed:x?}");
        }
    }
}
