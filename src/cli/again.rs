//! The command line that runs a contract run again, as a report may show it: with the seed, without secrets.

use super::Context;
use super::args::Contract;

/// Everything that was given, and the seed that was drawn. Of a header only its name is told, unless its value is
/// the name of a variable.
pub fn command(arguments: &Contract, seed: u64, context: &Context) -> String {
    let mut words = vec!["protogate".to_owned(), "contract".to_owned()];
    let mut option = |name: &str, value: String| words.push(format!("--{name} {}", quoted(&value)));
    if let Some(config) = &context.common.config {
        option("config", config.display().to_string());
    }
    if let Some(target) = &arguments.target {
        option("target", target.clone());
    }
    if let Some(schema) = &arguments.schema {
        option("schema", schema.clone());
    }
    arguments.method.iter().for_each(|glob| option("method", glob.clone()));
    option("seed", seed.to_string());
    if let Some(cases) = arguments.cases {
        option("cases", cases.to_string());
    }
    if let Some(workers) = arguments.workers {
        option("workers", workers.to_string());
    }
    if let Some(time) = arguments.max_time {
        option("max-time", humantime::format_duration(time).to_string().replace(' ', ""));
    }
    arguments.header.iter().for_each(|header| option("header", without_value(header)));
    if let Some((part, of)) = arguments.shard {
        option("shard", format!("{}/{of}", part + 1));
    }
    arguments.check.iter().for_each(|name| option("check", name.clone()));
    arguments.skip.iter().for_each(|name| option("skip", name.clone()));
    let flags =
        [("reflect", arguments.reflect), ("strict", arguments.strict), ("fail-fast", arguments.fail_fast)];
    words.extend(flags.iter().filter(|(_, given)| *given).map(|(name, _)| format!("--{name}")));
    words.join(" ")
}

fn without_value(header: &str) -> String {
    match header.split_once(':') {
        Some((_, value)) if value.trim().starts_with("env:") => header.to_owned(),
        Some((name, _)) => format!("{name}:…"),
        None => header.to_owned(),
    }
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_keeps_its_secret() {
        for (header, shown) in [
            ("authorization: Bearer abc", "authorization:…"),
            ("authorization:env:TOKEN", "authorization:env:TOKEN"),
            ("x: env:TOKEN", "x: env:TOKEN"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(without_value(header), shown);
        }
    }

    #[test]
    fn a_shell_takes_each_for_one_word() {
        for (word, shown) in [
            ("http://[::1]:7", "'http://[::1]:7'"),
            ("localhost:7", "localhost:7"),
            ("a.B/*", "'a.B/*'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), shown);
        }
    }
}
