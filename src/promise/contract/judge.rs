//! One finished call against the promises of its method.

use std::collections::BTreeSet;

use prost_reflect::DynamicMessage;

use super::{Method, Model, Rule, Service, code, explain, scope::Scope};

/// A call that ended with a status.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// The simple name of the method.
    pub method: &'a str,
    /// The request messages, in order.
    pub sent: &'a [DynamicMessage],
    /// The replies, in order.
    pub got: &'a [DynamicMessage],
    /// The status.
    pub code: i32,
    /// Seconds since the Unix epoch when the run began, and now.
    pub clock: (i64, i64),
}

/// What a promise says of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Held, and had something to say.
    Kept,
    /// Did not apply: its condition was false, or the model knows too little.
    Vacuous,
    /// Broken: the values that differ, a line each.
    Broken(Vec<String>),
    /// The expression could not be evaluated.
    Unclear(String),
}

/// One promise and what it says. `may_return` and `requires` have a rule id as well.
#[derive(Debug, Clone)]
pub struct Told {
    /// Such as `ensures/echo`.
    pub rule: String,
    /// Its text and place, for the report; nothing for `may_return`.
    pub of: Option<Rule>,
    /// What it says.
    pub verdict: Verdict,
}

impl Service {
    /// What each promise about this method says of the call. `old` is the model before it, `new` after it.
    ///
    /// A status that any service may answer with for reasons of the way and of its load (`CANCELLED`,
    /// `DEADLINE_EXCEEDED`, `RESOURCE_EXHAUSTED`, `UNAVAILABLE`) is nobody's fault where a rule does not name it: only
    /// `may_return` is held against it.
    pub fn judge(&self, old: &Model, new: &Model, call: &Call<'_>) -> Vec<Told> {
        let Some(method) = self.methods.get(call.method) else { return Vec::new() };
        let scope = Scope::new(method, call, old, Some(new));
        let court = Court { method, old, new, call, scope };
        let answers = court.answers();
        let wrong = answers.iter().any(|it| matches!(it.verdict, Verdict::Broken(_)));
        let mut told: Vec<Told> = court.may_return().into_iter().chain(answers).collect();
        let mut tell = |rule: &Rule, verdict: Verdict| {
            // What is promised of an answer need not make sense where there should have been another one.
            let verdict = match verdict {
                Verdict::Unclear(_) if wrong => Verdict::Vacuous,
                verdict => verdict,
            };
            told.push(Told { rule: rule.id.clone(), of: Some(rule.clone()), verdict });
        };
        method.ensures.iter().for_each(|rule| tell(rule, court.at_the_end(rule)));
        method.each.iter().zip(court.each()).for_each(|(rule, verdict)| tell(rule, verdict));
        method.finals.iter().for_each(|rule| tell(rule, court.at_the_end(rule)));
        self.invariants.iter().for_each(|rule| tell(rule, court.asked(rule, &court.scope)));
        told.extend(super::fields::judge(&self.fields, &method.desc.output(), call, &court.scope));
        told
    }

    /// The first rule of `requires` and `errors` that asks for a status, and which.
    pub fn refusal(&self, old: &Model, call: &Call<'_>) -> Option<(&Rule, i32)> {
        let method = self.methods.get(call.method)?;
        let court = Court { method, old, new: old, call, scope: Scope::new(method, call, old, None) };
        let owed = method.requires.iter().map(|it| (it, true));
        let mut all = owed.chain(method.errors.iter().map(|it| (it, false)));
        let asked = all.find(|((rule, _), owed)| matches!(court.wanted(rule, *owed), Wanted::Yes));
        asked.map(|((rule, code), _)| (rule, *code))
    }
}

/// After each of so many replies a stream is judged, and then after more and more at a time.
const ALL_OF: usize = 64;

struct Court<'a> {
    method: &'a Method,
    old: &'a Model,
    new: &'a Model,
    call: &'a Call<'a>,
    scope: Scope<'a>,
}

/// Whether a call must end with the status of a rule.
enum Wanted {
    Yes,
    No,
    /// The model knows too little.
    Untold,
    Unclear(String),
}

/// One rule of `requires` or of `errors`.
struct Answer {
    rule: Rule,
    code: i32,
    /// The rule is about what the caller owes.
    owed: bool,
    wanted: Wanted,
}

impl Court<'_> {
    /// Whether the model knows all that the rule can ask of it.
    fn knows_enough(&self, rule: &Rule) -> bool {
        !rule.closed || self.old.is_closed() && (self.new.is_closed() || !rule.expr.names("new"))
    }

    fn may_return(&self) -> Option<Told> {
        let allowed = &self.method.may_return;
        let verdict = match allowed.contains(&self.call.code) {
            true => Verdict::Kept,
            false => {
                let names = allowed.iter().map(|it| code::name(*it)).collect::<Vec<_>>().join(", ");
                Verdict::Broken(vec![format!("answered {}, which is none of {names}", self.answered())])
            }
        };
        (!allowed.is_empty()).then(|| Told { rule: "may_return".to_owned(), of: None, verdict })
    }

    fn answered(&self) -> String {
        code::name(self.call.code)
    }

    /// `requires` and `errors` together: where several ask for a status, any of theirs will do, as nothing says which
    /// of them a service looks at first.
    fn answers(&self) -> Vec<Told> {
        let answer = |owed: bool| {
            move |(rule, code): &'_ (Rule, i32)| Answer {
                rule: rule.clone(),
                code: *code,
                owed,
                wanted: self.wanted(rule, owed),
            }
        };
        let requires = self.method.requires.iter().map(answer(true));
        let all: Vec<Answer> = requires.chain(self.method.errors.iter().map(answer(false))).collect();
        // That of a rule of which nobody knows may be the right one as well.
        let fine: BTreeSet<i32> =
            all.iter().filter(|it| !matches!(it.wanted, Wanted::No)).map(|it| it.code).collect();
        let told = |answer: Answer| {
            let is_asked = matches!(answer.wanted, Wanted::Yes);
            let told = self.answer(answer, fine.contains(&self.call.code));
            (is_asked && matches!(told.verdict, Verdict::Broken(_)), told)
        };
        let (first, others): (Vec<_>, Vec<_>) =
            all.into_iter().map(told).partition(|(is_first, _)| *is_first);
        first.into_iter().chain(others).map(|(_, told)| told).collect()
    }

    fn wanted(&self, rule: &Rule, owed: bool) -> Wanted {
        if !self.knows_enough(rule) {
            return Wanted::Untold;
        }
        match rule.expr.holds(&self.scope) {
            Err(why) => Wanted::Unclear(why),
            Ok(holds) if holds == owed => Wanted::No,
            Ok(_) => Wanted::Yes,
        }
    }

    /// `fine`: some rule may have asked for the status that came.
    fn answer(&self, answer: Answer, fine: bool) -> Told {
        let Answer { rule, code, owed, wanted } = answer;
        let its_own = self.call.code == code;
        let excused = fine || code::is_of_the_way(self.call.code);
        let broken = |first: String, of: fn(&super::Expr, &Scope<'_>) -> Vec<String>| {
            broken(first, of(&rule.expr, &self.scope))
        };
        let verdict = match wanted {
            Wanted::Untold => Verdict::Vacuous,
            Wanted::Unclear(why) => Verdict::Unclear(why),
            Wanted::Yes if its_own => Verdict::Kept,
            Wanted::Yes if excused => Verdict::Vacuous,
            Wanted::Yes => {
                let first = format!("answered {}, not {}", self.answered(), code::name(code));
                broken(first, if owed { explain::why_false } else { explain::values })
            }
            Wanted::No if owed || !its_own || excused => Verdict::Vacuous,
            Wanted::No => {
                broken(format!("answered {} though this is false", self.answered()), explain::why_false)
            }
        };
        Told { rule: rule.id.clone(), of: Some(rule), verdict }
    }

    /// Of the replies so far, after each of them; the verdicts in the order of the rules. Of many replies not after
    /// each: the work would grow with their square.
    fn each(&self) -> Vec<Verdict> {
        let rules = &self.method.each;
        let mut verdicts = vec![Verdict::Vacuous; rules.len()];
        let last = if rules.is_empty() { 0 } else { self.call.got.len() };
        let mut count = 0;
        while count < last {
            count = (count + 1 + count.saturating_sub(ALL_OF) / 8).min(last);
            let scope = self.scope.after(count);
            for (rule, verdict) in rules.iter().zip(&mut verdicts) {
                if matches!(verdict, Verdict::Broken(_) | Verdict::Unclear(_)) {
                    continue;
                }
                match self.asked(rule, &scope) {
                    Verdict::Vacuous => {}
                    Verdict::Broken(lines) => {
                        let first = match count {
                            1 => "after the first reply".to_owned(),
                            _ => format!("after {count} replies"),
                        };
                        *verdict = broken(first, lines);
                    }
                    told => *verdict = told,
                }
            }
        }
        verdicts
    }

    /// One that does not speak of `code` is about calls that ended well.
    fn at_the_end(&self, rule: &Rule) -> Verdict {
        let ended_well = self.call.code == code::OK;
        let spoken_of = rule.expr.names("code") && !code::is_of_the_way(self.call.code);
        if ended_well || spoken_of { self.asked(rule, &self.scope) } else { Verdict::Vacuous }
    }

    fn asked(&self, rule: &Rule, scope: &Scope<'_>) -> Verdict {
        if !self.knows_enough(rule) {
            return Verdict::Vacuous;
        }
        match rule.expr.holds(scope) {
            Ok(true) if explain::is_idle(&rule.expr, scope) => Verdict::Vacuous,
            Ok(true) => Verdict::Kept,
            Ok(false) => Verdict::Broken(explain::why_false(&rule.expr, scope)),
            Err(why) => Verdict::Unclear(why),
        }
    }
}

/// No more lines than the explanation of a value may have.
fn broken(first: String, lines: Vec<String>) -> Verdict {
    Verdict::Broken([first].into_iter().chain(lines).take(explain::LINES).collect())
}
