//! How much of a method's schema a contract run used: plain counts and names, whoever did the counting.

/// Of one method.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// What was sent with a value, at least once.
    pub request: Covered,
    /// What came back with a value, at least once.
    pub response: Covered,
}

/// Of one message type and what it holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Covered {
    /// Fields, as dotted paths; those that are the arm of a oneof are counted there.
    pub fields: Part,
    /// Values of enums, as `path=NAME`.
    pub values: Part,
    /// Arms of oneofs, as dotted paths.
    pub arms: Part,
    /// The type is so large that what lies deeper was not counted.
    pub cut: bool,
}

/// Things of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// How many there are.
    pub total: usize,
    /// Those never reached, in the order of the schema.
    pub missed: Vec<String>,
}

impl Part {
    /// How many were reached.
    pub fn reached(&self) -> usize {
        self.total.saturating_sub(self.missed.len())
    }
}

impl Covered {
    /// The three kinds, by the name that people and machines read.
    pub fn parts(&self) -> [(&'static str, &Part); 3] {
        [("fields", &self.fields), ("enum_values", &self.values), ("oneof_arms", &self.arms)]
    }

    /// Reached, and there: of every kind together.
    pub fn sum(&self) -> (usize, usize) {
        let parts = self.parts().map(|(_, part)| (part.reached(), part.total));
        parts.into_iter().fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
    }

    /// `12/14`, or a dash where there is nothing to reach.
    pub fn ratio(&self) -> String {
        match self.sum() {
            (_, 0) => "-".to_owned(),
            (reached, total) => format!("{reached}/{total}"),
        }
    }
}
