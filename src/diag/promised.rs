//! What became of each promise in a contract run, and how much of a service's state the run has seen: plain counts,
//! whoever did the counting.

use super::Place;

/// One promise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleRow {
    /// Of what: `package.Service/Method`, or `package.Service` for what holds after every call.
    pub of: String,
    /// Such as `ensures/echo`.
    pub id: String,
    /// As it is written.
    pub text: String,
    /// Where, if that is known.
    pub place: Option<Place>,
    /// How often it was asked and held.
    pub kept: u64,
    /// How often it did not.
    pub broken: u64,
    /// How often it had nothing to say: its condition was false, or too little was known.
    pub vacuous: u64,
    /// How often it could not be evaluated.
    pub unclear: u64,
    /// Why it could not be asked of this server at all.
    pub not_asked: Option<String>,
}

/// What became of a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// Broken at least once.
    Violated,
    /// It could not be evaluated, and was not broken elsewhere.
    Unclear,
    /// It never had anything to say.
    Vacuous,
    /// Nobody could ask.
    NotAsked,
    /// Asked, and it held each time.
    Satisfied,
}

impl Fate {
    /// Every one, the worst first.
    pub const ALL: [Fate; 5] =
        [Fate::Violated, Fate::Unclear, Fate::Vacuous, Fate::NotAsked, Fate::Satisfied];

    /// As people and machines read it.
    pub fn word(self) -> &'static str {
        match self {
            Fate::Violated => "violated",
            Fate::Unclear => "unclear",
            Fate::Vacuous => "vacuous",
            Fate::NotAsked => "not asked",
            Fate::Satisfied => "satisfied",
        }
    }
}

impl RuleRow {
    /// What became of it.
    pub fn fate(&self) -> Fate {
        match self {
            it if it.broken > 0 => Fate::Violated,
            it if it.unclear > 0 => Fate::Unclear,
            it if it.kept > 0 => Fate::Satisfied,
            it if it.not_asked.is_some() => Fate::NotAsked,
            _ => Fate::Vacuous,
        }
    }

    /// `user.proto:34`, or nothing.
    pub fn line(&self) -> String {
        let place = self.place.as_ref();
        place.map_or(String::new(), |place| format!("{}:{}", place.file, place.span_or_start().start_line))
    }

    /// Counts what another run says of the same promise as well.
    pub fn add(&mut self, other: &RuleRow) {
        for (sum, more) in [
            (&mut self.kept, other.kept),
            (&mut self.broken, other.broken),
            (&mut self.vacuous, other.vacuous),
            (&mut self.unclear, other.unclear),
        ] {
            *sum = sum.saturating_add(more);
        }
        // Asked by one of them is asked.
        self.not_asked = self.not_asked.take().filter(|_| other.not_asked.is_some());
    }
}

/// `31 satisfied, 1 violated`: how many of the promises came to what; nothing where there is none.
pub fn tally(rows: &[RuleRow]) -> Option<String> {
    let count = |fate: Fate| rows.iter().filter(|row| row.fate() == fate).count();
    let said: Vec<String> = Fate::ALL
        .into_iter()
        .rev()
        .map(|fate| (count(fate), fate))
        .filter(|(count, _)| *count > 0)
        .map(|(count, fate)| format!("{count} {}", fate.word()))
        .collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// One variable of a model, as full as a sequence has made it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateRow {
    /// `package.Service`.
    pub service: String,
    /// The name of the variable.
    pub name: String,
    /// The most entries or elements that were known at once.
    pub most: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_thing_that_happened_is_its_fate() {
        let row =
            |kept, broken, vacuous, unclear| RuleRow { kept, broken, vacuous, unclear, ..RuleRow::default() };
        for (row, fate) in [
            (row(5, 1, 0, 1), Fate::Violated),
            (row(5, 0, 0, 1), Fate::Unclear),
            (row(1, 0, 9, 0), Fate::Satisfied),
            (row(0, 0, 9, 0), Fate::Vacuous),
            (RuleRow { not_asked: Some("why".into()), ..row(0, 0, 9, 0) }, Fate::NotAsked),
            (RuleRow { not_asked: Some("why".into()), ..row(1, 0, 0, 0) }, Fate::Satisfied),
        ] {
            assert_eq!(row.fate(), fate, "{row:?}");
        }
        assert_eq!(
            tally(&[row(1, 0, 0, 0), row(0, 1, 0, 0), row(2, 0, 0, 0)]).unwrap(),
            "2 satisfied, 1 violated"
        );
        assert_eq!(tally(&[]), None);
    }
}
