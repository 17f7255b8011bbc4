//! The command line that runs a contract run again, as a report may show it: with the seed, without secrets.

use std::path::Path;
use std::time::Duration;

use super::args::Contract;
use crate::diag::shell_word;

/// Everything that was given, and the seed that was drawn. Of a header only its name is told, unless its value is
/// the name of a variable.
pub fn command(arguments: &Contract, seed: u64, config: Option<&Path>) -> String {
    let mut words = vec!["protogate".to_owned(), "contract".to_owned()];
    let mut option = |name: &str, value: String| words.push(format!("--{name} {}", shell_word(&value)));
    if let Some(config) = config {
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
        option("max-time", spelt(time));
    }
    arguments.header.iter().for_each(|header| option("header", without_value(header)));
    for identity in &arguments.identity {
        let (name, header) = identity.split_once('=').unwrap_or((identity, ""));
        option("identity", format!("{name}={}", without_value(header)));
    }
    let reach = &arguments.reach;
    let files = [("ca", &reach.ca), ("cert", &reach.cert), ("key", &reach.key)];
    for (name, file) in files {
        file.iter().for_each(|file| option(name, file.display().to_string()));
    }
    reach.server_name.iter().for_each(|name| option("server-name", name.clone()));
    if let Some(time) = reach.wait {
        option("wait", spelt(time));
    }
    if let Some(command) = &arguments.reset_cmd {
        option("reset-cmd", command.clone());
    }
    arguments.side.iter().for_each(|file| option("side", file.display().to_string()));
    if let Some((part, of)) = arguments.shard {
        option("shard", format!("{}/{of}", part + 1));
    }
    arguments.check.iter().for_each(|name| option("check", name.clone()));
    arguments.skip.iter().for_each(|name| option("skip", name.clone()));
    arguments.without_phase.iter().for_each(|phase| option("without-phase", phase.name().to_owned()));
    let flags = [
        ("reflect", arguments.reflect),
        ("insecure", reach.insecure),
        ("strict", arguments.strict),
        ("fail-fast", arguments.fail_fast),
    ];
    words.extend(flags.iter().filter(|(_, given)| *given).map(|(name, _)| format!("--{name}")));
    words.join(" ")
}

/// As `humantime` reads it, in one word.
fn spelt(time: Duration) -> String {
    humantime::format_duration(time).to_string().replace(' ', "")
}

fn without_value(header: &str) -> String {
    match header.split_once(':') {
        Some((_, value)) if value.trim().starts_with("env:") => header.to_owned(),
        Some((name, _)) => format!("{name}:…"),
        None => header.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::{Arguments, Command};

    /// The command line of one that was given.
    fn again(given: &str) -> String {
        let words =
            ["protogate", "contract"].into_iter().chain(given.split(' ').filter(|word| !word.is_empty()));
        let Arguments { common, command: Command::Contract(contract) } =
            Arguments::try_parse_from(words).unwrap()
        else {
            panic!("not `contract`");
        };
        command(&contract, 7, common.config.as_deref())
    }

    #[test]
    fn everything_given_is_given_again() {
        let all = "--config a.toml --target https://a.test:1 --schema proto --method */Get --method b.C/D --seed 7 \
                   --cases 3 --workers 2 --max-time 1m30s --header x:env:Y --ca ca.pem --cert me.pem --key me.key \
                   --server-name b --wait 2s --shard 2/8 --check PG101 --skip PG102 --strict --fail-fast";
        // A shell would make file names of `*`.
        assert_eq!(again(all).replace("'*/Get'", "*/Get"), format!("protogate contract {all}"));
        let trusting = "--seed 7 --reflect --insecure";
        assert_eq!(again(trusting), format!("protogate contract {trusting}"));
        // What draws nothing is not given again.
        assert_eq!(again("--pid 1 --report out --format html"), "protogate contract --seed 7");
    }

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
            assert_eq!(shell_word(word), shown);
        }
    }
}
