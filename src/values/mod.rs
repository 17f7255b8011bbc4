//! Values of any message descriptor: strategies and how they shrink.
//!
//! [`message`] draws a message that its type allows, weighted towards the edges where servers break, and
//! shrinks it towards the default value. [`boundaries`] lists those edges for one field without any chance, [`spots`] the places where they can stand,
//! [`minimal`] and [`typical`] are the two plain messages to put them into (the second in any [`Manner`]), and [`encode`] writes the same
//! message as the same bytes every time.
//!
//! Everything is drawn straight from the runner's generator, with a budget, instead of being composed of
//! strategies: a recursive schema costs what is drawn, never what could be. The trees are plain data and
//! `Send`.
//!
//! Absent on purpose: no rule of anybody's (`buf.validate`, contracts), no wire-level faults, no sockets.
//! Extensions are never set.

mod boundary;
mod draw;
mod encode;
mod manner;
mod plain;
mod scalar;
mod shrink;
mod simpler;
mod spot;
#[cfg(test)]
mod tests;
mod text;
mod wkt;

use proptest::{
    strategy::{NewTree, Strategy},
    test_runner::TestRunner,
};
use prost_reflect::{DynamicMessage, MessageDescriptor};

pub use boundary::boundaries;
pub use encode::encode;
pub use manner::{Choice, Manner, choices};
pub use plain::{minimal, typical};
pub use shrink::Shrinking;
pub(crate) use simpler::removals;
pub use simpler::simpler;
pub use spot::{Spot, invalid, spots};

/// How large a drawn message may become.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Messages inside messages; below it, message fields are absent.
    pub depth: u32,
    /// Elements of one list or map.
    pub items: usize,
    /// Values in the whole message; once they are drawn, whatever may be absent is.
    pub values: usize,
}

impl Default for Limits {
    /// 5 deep, 4 items, 200 values.
    fn default() -> Self {
        Limits { depth: 5, items: 4, values: 200 }
    }
}

/// The strategy [`message`] returns.
#[derive(Debug, Clone)]
pub struct Messages {
    desc: MessageDescriptor,
    limits: Limits,
}

/// Draws messages of this type. Costs nothing to build, whatever the schema.
pub fn message(desc: &MessageDescriptor, limits: &Limits) -> Messages {
    Messages { desc: desc.clone(), limits: *limits }
}

impl Strategy for Messages {
    type Tree = Shrinking<DynamicMessage>;
    type Value = DynamicMessage;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let drawn = draw::Draw::new(runner.rng(), self.limits).message(&self.desc, self.limits.depth);
        Ok(Shrinking::new(drawn, simpler))
    }
}
