//! Whether the text of an error says what only the operator should know.

use super::super::answer::secrets_of;
use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::Code, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG125",
        name: "error_message_leak",
        summary: "An error says nothing of stack frames, panics, SQL or credentials.",
        explain: "The text of a status goes to whoever called. Frames, queries and source paths tell an \
                  attacker how the service is built, and a credential in an error ends up in every log.\n\n\
                  Log the cause on the server and send a sentence. In tonic map foreign errors in one place \
                  instead of `Status::internal(error.to_string())`; in Go do not pass `%+v` of an error to \
                  `status.Errorf`; in Python catch what handlers raise; in Java do not use \
                  `withDescription(stackTrace)`.",
        url: Some("https://owasp.org/www-community/Improper_Error_Handling"),
    },
    applies: &[
        Class::Valid,
        Class::Invalid,
        Class::EmptyStream,
        Class::UnknownEnum,
        Class::Malformed,
        Class::BadUtf8,
    ],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let status = seen.exchange.status();
    if status.synthetic || status.code == Code::Ok {
        return Verdict::Pass;
    }
    let text = &status.message;
    let traces = TRACES.iter().find(|(_, marks)| marks.iter().all(|mark| text.contains(mark)));
    if let Some((what, _)) = traces {
        return fail(*what, format!("the error of {} shows {what}: {}", status.code, first_line(text)));
    }
    let echoed = secrets_of(seen.secrets).find(|(_, secret)| text.contains(secret));
    match echoed {
        Some((name, _)) => {
            fail("a credential", format!("the error of {} repeats the value of `{name}`", status.code))
        }
        None => Verdict::Pass,
    }
}

/// What an error shows when it has all of the marks. They are what no sentence for a user has.
const TRACES: &[(&str, &[&str])] = &[
    ("a panic", &["panicked at"]),
    ("a stack trace", &["stack backtrace"]),
    ("a stack trace", &["Traceback (most recent call last)"]),
    ("a stack trace", &["goroutine ", "[running]"]),
    ("a stack trace", &["\n\tat "]),
    ("a stack trace", &["\n    at "]),
    ("a stack trace", &["File \"", "line "]),
    ("SQL", &["SELECT ", " FROM "]),
    ("SQL", &["INSERT INTO "]),
    ("SQL", &["UPDATE ", " SET "]),
    ("SQL", &["DELETE FROM "]),
    ("SQL", &["SQLSTATE"]),
    ("a source path", &["/src/", ".rs:"]),
    ("a source path", &["/src/", ".go:"]),
    ("a source path", &["/site-packages/"]),
    ("a source path", &["/node_modules/"]),
    ("a source path", &["/home/"]),
];

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(120).collect()
}
