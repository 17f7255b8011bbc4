//! Whether responses keep the rules that the schema declares for them.

use super::{Check, Class, Level, Seen, Verdict, decoded, fail};
use crate::{diag::RuleInfo, promise::Verdict as Judged};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG162",
        name: "protovalidate_response",
        summary: "A response keeps the `buf.validate` rules of its own type.",
        explain: "Clients generate types, forms and databases from these rules. A response that breaks one was put \
                  together from data that was never checked, or the rule is not true.\n\n\
                  Validate what is stored when it is written, and mend what was stored before. In Go, Python, Java \
                  and TypeScript `protovalidate` also validates responses, in the tests or in an interceptor; in \
                  Rust do it where the response is made. If the rule is only about requests, use another message \
                  for the response.",
        url: Some("https://protovalidate.com/schemas/standard-rules/"),
    },
    // What comes back of a request that breaks a rule is the fault of having taken it.
    applies: &[Class::Valid, Class::Repeat],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    if seen.method.gives.is_empty() {
        return Verdict::Pass;
    }
    for reply in decoded(seen) {
        if let Judged::Broken(violations) = seen.method.gives.judge(&reply)
            && let Some(one) = violations.first()
        {
            let cause = format!("{} {}", one.rule, without_subscripts(&one.path));
            return fail(cause, format!("the response breaks a rule of its type: {one}"));
        }
    }
    Verdict::Pass
}

/// Which element it is does not make another finding.
fn without_subscripts(path: &str) -> String {
    let mut depth = 0;
    let outside = |it: &char| match it {
        '[' => {
            depth += 1;
            false
        }
        ']' => {
            depth -= 1;
            false
        }
        _ => depth == 0,
    };
    path.chars().filter(outside).collect()
}
