//! Of the replies that could be given, the first that keeps every promise.

use prost_reflect::DynamicMessage;

use super::answer::Method;
use crate::promise::{
    self,
    contract::{Call, Model, Service, Verdict},
};

/// What a reply is looked for in.
pub(super) struct Search<'a> {
    pub service: &'a Service,
    pub method: &'a Method,
    pub old: &'a Model,
    /// With no reply yet, answered with OK.
    pub call: Call<'a>,
    /// The replies that were sent before.
    pub given: &'a [DynamicMessage],
}

impl Search<'_> {
    /// The reply and the model after it: made of what is kept, or else of these drafts.
    ///
    /// # Errors
    /// The promise that is in the way of the last one.
    pub fn reply(&self, drafts: Vec<Vec<DynamicMessage>>) -> Result<(Vec<DynamicMessage>, Model), String> {
        let mut in_the_way = "the rules of the reply's fields".to_owned();
        let mut attempt = |got: Vec<DynamicMessage>| match self.after(&got) {
            Ok(new) => new.map(|new| (got, new)),
            Err(why) => {
                in_the_way = why;
                None
            }
        };
        let (streams, talks) = {
            let desc = &self.method.desc;
            (desc.is_server_streaming(), desc.is_server_streaming() && desc.is_client_streaming())
        };
        for offer in self.service.from_model(self.old, &self.call) {
            // A thing that is kept is what a change of it begins with.
            let changed = (!streams).then(|| self.fitted(&offer)).filter(|it| *it != offer);
            if let Some(found) = attempt(offer).or_else(|| attempt(changed?)) {
                return Ok(found);
            }
        }
        for draft in drafts {
            // Of a conversation the draft is likely right, and long to look at twice.
            let found = match talks {
                true => attempt(draft.clone()).or_else(|| attempt(self.fitted(&draft))),
                false => attempt(self.fitted(&draft)).or_else(|| attempt(draft)),
            };
            if let Some(found) = found {
                return Ok(found);
            }
        }
        Err(in_the_way)
    }

    fn fitted(&self, got: &[DynamicMessage]) -> Vec<DynamicMessage> {
        self.service.fitted(self.old, &Call { got, ..self.call.clone() })
    }

    /// The model after the reply; nothing for one that breaks the rules of its fields, or is another than was begun.
    fn after(&self, got: &[DynamicMessage]) -> Result<Option<Model>, String> {
        let is_broken =
            |it: &DynamicMessage| matches!(self.method.gives.judge(it), promise::Verdict::Broken(_));
        if !got.starts_with(self.given) || got.iter().skip(self.given.len()).any(is_broken) {
            return Ok(None);
        }
        let call = Call { got, ..self.call.clone() };
        // What a call did is known here, also where its reply does not tell.
        let new = self.service.apply(self.old, &call)?.closed();
        self.obstacle(&new, &call).map_or(Ok(Some(new)), Err)
    }

    /// The first promise that does not hold.
    fn obstacle(&self, new: &Model, call: &Call<'_>) -> Option<String> {
        self.service.judge(self.old, new, call).into_iter().find_map(|told| match told.verdict {
            Verdict::Kept | Verdict::Vacuous => None,
            Verdict::Broken(lines) => Some(format!("{} ({})", told.rule, lines.join("; "))),
            Verdict::Unclear(why) => Some(format!("{} ({why})", told.rule)),
        })
    }
}
