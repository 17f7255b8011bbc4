//! The name of a finding, which stays the same while lines and files move.

use crate::diag::Diagnostic;

/// Twelve hexadecimal digits made of the rule, the symbol and what changed: the words between backticks and the
/// numbers of the sentence. Neither the place nor the wording counts, so that an accepted break stays accepted when
/// code moves above it, when its file is renamed, and when we say it in better words.
pub fn fingerprint(finding: &Diagnostic) -> String {
    let symbol = finding.symbol.as_deref().unwrap_or("");
    let parts = [finding.rule.id, symbol].into_iter().chain(values(&finding.message));
    // FNV-1a, 64 bits: the same on every machine and in every release. It guards nothing, so that it need not
    // resist anybody. 0xff occurs in no UTF-8: it keeps "ab", "c" from meeting "a", "bc".
    let bytes = parts.flat_map(|part| part.bytes().chain([0xff]));
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    format!("{hash:016x}")[4..].to_owned()
}

/// What a sentence is about: `` `quoted` `` words, and numbers outside of them.
fn values(message: &str) -> impl Iterator<Item = &str> {
    let quoted = message.split('`').enumerate();
    quoted.flat_map(|(index, piece)| {
        let is_quoted = index % 2 == 1;
        let words = piece.split(move |c: char| !is_quoted && !c.is_ascii_digit());
        words.filter(move |word| is_quoted || !word.is_empty())
    })
}
