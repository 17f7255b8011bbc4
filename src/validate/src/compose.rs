//! Texts put together from the rules about them: a prefix, a form, a length.

use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    string::string_regex,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::{
    Rule,
    forms::Form,
    plain::Plain,
    test::{Test, Unit},
};

/// Nothing longer is made: a limit of a gigabyte is not worth its edge.
const LONGEST: u64 = 70_000;

/// How many texts are drawn from a pattern.
const DRAWN: usize = 24;

#[derive(Default)]
struct Parts<'a> {
    prefix: &'a str,
    suffix: &'a str,
    contains: &'a str,
    without: &'a str,
    lengths: Vec<(Unit, u64)>,
    form: Option<Form>,
    pattern: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(tests: &'a [Rule]) -> Parts<'a> {
        let mut parts = Parts::default();
        let text = |plain: &'a Plain| match plain {
            Plain::Text(text) => text.as_ref(),
            Plain::Bytes(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
            _ => "",
        };
        for rule in tests {
            match &rule.test {
                Test::Prefix(it) => parts.prefix = text(it),
                Test::Suffix(it) => parts.suffix = text(it),
                Test::Contains(it) => parts.contains = text(it),
                Test::NotContains(it) => parts.without = text(it),
                Test::Length { unit, min, max } => {
                    let edges = [min, max].into_iter().flatten();
                    let around = edges.flat_map(|it| [*it, it.saturating_add(1), it.saturating_sub(1)]);
                    parts.lengths.extend(around.filter(|it| *it <= LONGEST).map(|it| (*unit, it)));
                }
                Test::Form(form) => parts.form = Some(*form),
                Test::Pattern { regex, .. } => parts.pattern = Some(regex.as_str()),
                _ => {}
            }
        }
        parts
    }

    /// What every text begins with, what it goes on with to be long enough, and what it ends with.
    fn frames(&self) -> Vec<[String; 3]> {
        let [prefix, contains, suffix] = [self.prefix, self.contains, self.suffix].map(String::from);
        let mut frames = vec![[format!("{prefix}{contains}"), "a".into(), suffix.clone()]];
        // Two bytes are one character.
        frames.push([format!("{prefix}{contains}"), "é".into(), suffix.clone()]);
        match self.form {
            Some(Form::Email) => frames.push([prefix.clone(), "a".into(), "@example.com".into()]),
            Some(Form::Hostname | Form::Address) => {
                frames.push([prefix.clone(), "a.".into(), "example.com".into()])
            }
            Some(Form::Uri) => frames.push(["https://example.com/".into(), "a".into(), suffix.clone()]),
            Some(Form::Fqn | Form::DotFqn) => frames.push([".a".into(), "a".into(), String::new()]),
            _ => {}
        }
        // Without one part each.
        for (part, [start, end]) in [
            (self.prefix, [contains.clone(), suffix.clone()]),
            (self.suffix, [format!("{prefix}{contains}"), String::new()]),
            (self.contains, [prefix.clone(), suffix.clone()]),
        ] {
            if !part.is_empty() {
                frames.push([start, "a".into(), end]);
            }
        }
        if !self.without.is_empty() {
            frames.push([format!("{prefix}{contains}{}", self.without), "a".into(), suffix]);
        }
        frames
    }
}

/// Texts around the rules. The first ones are as new as the salt, where there is room.
pub(super) fn texts(tests: &[Rule], salt: u64) -> Vec<String> {
    let parts = Parts::of(tests);
    let mut out = Vec::new();
    if let Some(form) = parts.form {
        out.extend(examples(form, salt));
    }
    if let Some(pattern) = parts.pattern {
        out.extend(drawn(pattern, salt));
    }
    for [start, fill, end] in parts.frames() {
        out.push(format!("{start}a{salt:x}{end}"));
        out.push(format!("{start}{fill}{end}"));
        out.push(format!("{start}{end}"));
        out.extend(
            parts.lengths.iter().filter_map(|(unit, length)| grown(&start, &fill, &end, *unit, *length)),
        );
    }
    out.extend(["a", "", " ", "0", "é", "!", "a b", "..", "\u{7f}"].map(String::from));
    out
}

/// The same, and the raw lengths of addresses.
pub(super) fn bytes(tests: &[Rule], salt: u64) -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = texts(tests, salt).into_iter().map(String::into_bytes).collect();
    out.extend([4, 16, 5, 17].map(|length| vec![1; length]));
    out
}

fn grown(start: &str, fill: &str, end: &str, unit: Unit, length: u64) -> Option<String> {
    let size = |text: &str| if unit == Unit::Bytes { text.len() } else { text.chars().count() };
    let missing = usize::try_from(length).ok()?.checked_sub(size(start) + size(end))?;
    let times = missing / size(fill);
    let rest = "a".repeat(missing - times * size(fill));
    Some(format!("{start}{rest}{}{end}", fill.repeat(times)))
}

/// Texts of the form, then texts that nearly are.
fn examples(form: Form, salt: u64) -> Vec<String> {
    let hex = format!("{salt:032x}");
    let dashed = format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..]);
    let host = format!("h{salt:x}.example.com");
    let byte = salt % 250 + 1;
    let group = salt % 0xffff;
    let v4 = format!("10.1.2.{byte}");
    let v6 = format!("2001:db8::{group:x}");
    let good = match form {
        Form::Email => vec![format!("u{salt:x}@example.com"), "a@b.c".into()],
        Form::Hostname => vec![host],
        Form::Ip => vec![v4, v6],
        Form::Ipv4 => vec![v4],
        Form::Ipv6 => vec![v6],
        Form::Uri | Form::UriRef => vec![format!("https://{host}/a?b=c#d"), "urn:a:b".into()],
        Form::Address => vec![host, v4, v6],
        Form::Uuid => vec![dashed],
        Form::Tuuid => vec![hex],
        Form::IpWithPrefix | Form::Ipv4WithPrefix => vec![format!("{v4}/24")],
        Form::Ipv6WithPrefix => vec![format!("{v6}/64")],
        Form::IpPrefix | Form::Ipv4Prefix => vec![format!("10.1.{byte}.0/24")],
        Form::Ipv6Prefix => vec![format!("2001:db8:{group:x}::/48")],
        Form::HostAndPort => vec![format!("{host}:8080"), format!("{v4}:80"), format!("[{v6}]:80")],
        Form::Ulid => vec![format!("01ARZ3NDEK{salt:016X}")],
        Form::Fqn => vec![format!("a.b{salt:x}.C")],
        Form::DotFqn => vec![format!(".a.b{salt:x}.C")],
        Form::HeaderName { .. } => vec![format!("x-a{salt:x}")],
        Form::HeaderValue { .. } => vec![format!("a {salt:x}"), "a\nb".into(), "a\0b".into()],
        Form::RawIp | Form::RawIpv4 | Form::RawIpv6 | Form::RawUuid => Vec::new(),
    };
    let near = [
        "a@",
        "@example.com",
        "a b",
        "-a.example.com",
        "256.1.1.1",
        "2001:db8:::1",
        "10.1.2.3/33",
        "a:99999",
    ];
    let near = near.into_iter().map(String::from);
    let cut = good.first().map(|it| it[..it.len() - 1].to_owned());
    good.iter().cloned().chain(near).chain(cut).collect()
}

/// Texts that the pattern matches, drawn and then as short as they get. None of a pattern that cannot be drawn from.
fn drawn(pattern: &str, salt: u64) -> Vec<String> {
    // Where a text begins and ends, and where a word does, nothing is drawn.
    let pattern = pattern.replace(super::pattern::BOUNDARY, "");
    let flags = if pattern.starts_with("(?") { pattern.find(')').map_or(0, |at| at + 1) } else { 0 };
    let (flags, pattern) = match pattern.split_at(flags) {
        // A group with something in it is no flag.
        (flags, rest) if flags.bytes().all(|it| b"(?imsU-)".contains(&it)) => (flags, rest),
        _ => ("", &*pattern),
    };
    let inside = pattern.strip_prefix('^').or_else(|| pattern.strip_prefix("\\A")).unwrap_or(pattern);
    let inside = match inside.strip_suffix('$') {
        Some(before) if !before.ends_with('\\') => before,
        _ => inside.strip_suffix("\\z").unwrap_or(inside),
    };
    let Ok(strategy) = string_regex(&format!("{flags}{inside}")) else { return Vec::new() };
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&salt.to_le_bytes());
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let mut out = Vec::new();
    for at in 0..DRAWN {
        let Ok(mut tree) = strategy.new_tree(&mut runner) else { break };
        out.push(tree.current());
        // As short as it gets, once.
        let mut steps = if at == 0 { 200 } else { 0 };
        while steps > 0 && tree.simplify() {
            steps -= 1;
        }
        if at == 0 {
            out.push(tree.current());
        }
    }
    out
}
