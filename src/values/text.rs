//! Strings: the ones that break servers, and ones a person would have typed.

const EMOJI: &str = "🦀";

/// Lengths around the column widths and limits people choose.
const LENGTHS: [usize; 12] = [1, 2, 63, 64, 65, 100, 101, 255, 256, 1025, 5000, 70_000];

const SPECIAL: [&str; 26] = [
    "",
    " ",
    "   ",
    "\t\n",
    EMOJI,
    "a🦀",
    "👨\u{200d}👩\u{200d}👧",
    "𝒳",
    // The same word twice, composed (NFC) and decomposed (NFD).
    "caf\u{e9}",
    "cafe\u{301}",
    "\0",
    "a\0b",
    "\u{202e}שלום",
    "\"'`\\",
    "' OR '1'='1' --",
    "%s{}<b>&amp;</b>",
    "\u{feff}\u{fffd}\u{10ffff}",
    // What is a pattern, a path, a number, a date or a property elsewhere.
    "[",
    "/",
    "../../etc/passwd",
    "-1",
    "1e309",
    "2024-02-30",
    "null",
    "__proto__",
    "a:b=c,d;e",
];

/// Every edge, in a fixed order.
pub(super) fn edges() -> Vec<String> {
    let long = LENGTHS.iter().map(|length| "a".repeat(*length));
    // One character, several bytes: a limit on characters and one on bytes part here.
    let wide = [16, 64, 100].map(|length| EMOJI.repeat(length));
    // Shifted by one byte: a limit on bytes, which is even as a rule, falls inside a character.
    let shifted = [25, 64].map(|length| format!("a{}", EMOJI.repeat(length)));
    SPECIAL.iter().map(ToString::to_string).chain(long).chain(wide).chain(shifted).collect()
}

/// What a person would put into a field of this name. Different salts give different strings, so that a
/// field which must be unique can be.
pub(super) fn plausible(field: &str, salt: u64) -> String {
    let is = |word: &str| field.split('_').any(|part| part.eq_ignore_ascii_case(word));
    if is("email") || is("mail") {
        format!("a{salt:010x}@example.com")
    } else if is("url") || is("uri") || is("website") {
        format!("https://example.com/{salt:010x}")
    } else if is("phone") {
        format!("+4930{:07}", salt % 10_000_000)
    } else if is("id") || is("uuid") {
        let (high, low) = (salt >> 32, salt & 0xffff_ffff);
        format!("{low:08x}-0000-4000-8000-{high:012x}")
    } else if is("token") {
        String::new()
    } else {
        format!("Ada {salt:010x}")
    }
}

/// How many plain texts there are for a field.
pub(super) const PLAIN_WAYS: usize = 20;

/// What else a person might have put there: codes, numbers, dates, names of things. The first way is what is
/// plausible for the name.
pub(super) fn plain(field: &str, salt: u64, way: usize) -> String {
    match way {
        1 => format!("ada{salt:010x}"),
        2 => format!("ADA{salt:010X}"),
        3 => plausible("uuid", salt),
        4 => plausible("email", salt),
        5 => format!("{:08}", salt % 100_000_000),
        6 => letters(salt),
        7 => "EUR".to_owned(),
        8 => "DE".to_owned(),
        9 => "en".to_owned(),
        10 => "2024-02-29".to_owned(),
        11 => "2024-02-29T12:34:56Z".to_owned(),
        12 => format!("https://example.com/{salt:010x}"),
        13 => format!("things/ada{salt:010x}"),
        14 => plausible("phone", salt),
        15 => String::new(),
        16 => "1".to_owned(),
        17 => "192.0.2.1".to_owned(),
        18 => format!("{salt:064x}"),
        19 => "12:34".to_owned(),
        _ => plausible(field, salt),
    }
}

/// Lower-case letters and nothing else.
fn letters(salt: u64) -> String {
    std::iter::once('a')
        .chain(
            format!("{salt:010x}").chars().filter_map(|c| char::from_u32(u32::from(b'a') + c.to_digit(16)?)),
        )
        .collect()
}
