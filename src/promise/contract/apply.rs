//! What a call does to the model.

use prost_reflect::Kind;

use super::{
    Call, Change, Effect, Expr, Method, Model, Service, State, StateKind, code, scope::Scope, value,
};

impl Service {
    /// The model after the call.
    ///
    /// # Errors
    /// When an expression of an effect cannot be evaluated; it says why.
    pub fn apply(&self, old: &Model, call: &Call<'_>) -> Result<Model, String> {
        let mut new = old.clone();
        let Some(method) = self.methods.get(call.method).filter(|_| call.code == code::OK) else {
            return Ok(new);
        };
        let scope = Scope::new(method, call, old, None);
        for effect in &method.effects {
            self.effect(&mut new, method, effect, &scope)?;
        }
        Ok(new)
    }

    fn effect(
        &self,
        new: &mut Model,
        method: &Method,
        effect: &Effect,
        scope: &Scope<'_>,
    ) -> Result<(), String> {
        let failed = |expr: &Expr| {
            let text = expr.text().to_owned();
            move |why: String| format!("`{text}`, of the effects of {}: {why}", method.desc.name())
        };
        if let Some(when) = &effect.when
            && !when.holds(scope).map_err(failed(when))?
        {
            return Ok(());
        }
        let item = |expr: &Expr, kind: Result<Kind, String>| {
            let made = expr.value(scope).and_then(|seen| value::back(&seen, &kind?));
            made.map_err(failed(expr))
        };
        match &effect.change {
            Change::Put(name, key, to) => {
                let key = item(key, self.kind(method, name, Part::Key))?;
                new.put(name, key, item(to, self.kind(method, name, Part::Value))?)
            }
            Change::Delete(name, key) => new.delete(name, &item(key, self.kind(method, name, Part::Key))?),
            Change::Append(name, it) => new.append(name, item(it, self.kind(method, name, Part::Value))?),
            Change::Remove(name, it) => new.remove(name, &item(it, self.kind(method, name, Part::Value))?),
            Change::Clear(name) => new.clear(name),
            Change::Open(name) => new.open(name),
        }
    }

    /// The type that the keys or the values of a variable are declared with.
    fn kind(&self, method: &Method, name: &str, part: Part) -> Result<Kind, String> {
        let state = self.states.iter().find(|it| it.name == name);
        let State { kind, .. } = state.ok_or_else(|| format!("there is no variable `{name}`"))?;
        let declared = match (kind, part) {
            (StateKind::Map(key, _), Part::Key) => key,
            (StateKind::Map(_, it) | StateKind::List(it), Part::Value) => it,
            (StateKind::List(_), Part::Key) => return Err(format!("`{name}` is a list, not a map")),
        };
        let kind = value::kind(declared, method.desc.parent_pool());
        kind.ok_or_else(|| format!("there is no type `{declared}`"))
    }
}

#[derive(Clone, Copy)]
enum Part {
    Key,
    Value,
}
