//! What a service keeps: the things that its methods get, list, create, change and delete.

use prost_reflect::{FieldDescriptor, MessageDescriptor, ServiceDescriptor};
use toml::Value;

use super::kind::{Kind, snake};
use super::method::{Shape, is_scalar, is_text, named, type_name};
use super::proposal::{Confidence, Proposal};

/// Fields that name a thing, the likeliest first.
const KEYS: [&str; 6] = ["id", "name", "uid", "uuid", "key", "resource_name"];

/// One sort of things.
pub(super) struct Resource {
    /// Such as `User`.
    pub noun: String,
    /// Its type.
    pub desc: MessageDescriptor,
    /// The field that names it.
    pub key: FieldDescriptor,
    /// The names of its map and of its list in the model.
    pub map: String,
    pub order: String,
    /// Why it is thought to be one.
    pub evidence: String,
}

/// The things of the service, in the order of its methods.
pub(super) fn all(shapes: &[Shape]) -> Vec<Resource> {
    let mut out: Vec<Resource> = Vec::new();
    let mut many = shapes.iter().filter(|it| it.kind == Kind::Create).count() > 1;
    many |= shapes.iter().filter(|it| it.kind == Kind::Get).count() > 1;
    for get in shapes.iter().filter(|it| it.kind == Kind::Get && !it.desc.is_server_streaming()) {
        // What is never made is nothing that a sequence can find again.
        let created = shapes.iter().find(|it| it.kind == Kind::Create && it.noun == get.noun);
        let same = created.is_some_and(|it| it.desc.output() == get.desc.output());
        let Some((asked, key)) = same.then(|| keys(get)).flatten() else { continue };
        let listed = shapes.iter().find_map(|it| elements(it, &get.desc.output()));
        let map = listed.flatten().unwrap_or_else(|| format!("{}s", snake(&get.noun)));
        let order = if many { format!("{}_order", snake(&get.noun)) } else { "order".to_owned() };
        let evidence = format!(
            "Get{noun} and Create{noun} answer with {}, which `{}` of {} names by its `{}`",
            get.desc.output().full_name(),
            asked.name(),
            get.desc.input().name(),
            key.name(),
            noun = get.noun,
        );
        out.push(Resource { noun: get.noun.clone(), desc: get.desc.output(), key, map, order, evidence });
    }
    out
}

/// Whether the method lists things of this type, and the name of the list in its reply; a stream has none.
fn elements(shape: &Shape, of: &MessageDescriptor) -> Option<Option<String>> {
    let output = shape.desc.output();
    if shape.kind != Kind::List {
        return None;
    }
    if shape.desc.is_server_streaming() {
        return (output == *of).then_some(None);
    }
    let is_its = |it: &FieldDescriptor| it.is_list() && it.kind().as_message().is_some_and(|desc| desc == of);
    output.fields().find(is_its).map(|it| Some(it.name().to_owned()))
}

/// The field of the request that names the thing, and the field of the thing.
fn keys(get: &Shape) -> Option<(FieldDescriptor, FieldDescriptor)> {
    let desc = get.desc.output();
    let asked = asked(&get.desc.input(), &get.noun)?;
    let own = desc.get_field_by_name(asked.name()).filter(|it| it.kind() == asked.kind());
    let own = own.or_else(|| named(&desc, &KEYS).filter(|it| it.kind() == asked.kind()))?;
    (is_scalar(&own) && !own.supports_presence() && type_name(&own).is_some()).then_some((asked, own))
}

/// The field of a request that names a thing of this sort.
pub(super) fn asked(request: &MessageDescriptor, noun: &str) -> Option<FieldDescriptor> {
    let snake = snake(noun);
    let own = [format!("{snake}_id"), format!("{snake}_name"), snake.clone()];
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let fits = |it: &FieldDescriptor| is_scalar(it) && type_name(it).is_some();
    let known = named(request, &KEYS).filter(fits).or_else(|| named(request, &own).filter(fits));
    let texts: Vec<FieldDescriptor> = request.fields().filter(is_text).collect();
    known.or_else(|| if texts.len() == 1 { texts.into_iter().next() } else { None })
}

impl Resource {
    /// Where the name of the thing stands in a request, such as `req.id` or `req.book.name`; with what must be so
    /// before it can be read.
    pub fn key_in(&self, shape: &Shape) -> Option<(String, Option<String>)> {
        let input = shape.desc.input();
        if let Some(body) = self.body_in(shape) {
            return Some((format!("{}.{}", body.path, self.key.name()), body.guard));
        }
        let field = asked(&input, &self.noun).filter(|it| it.kind() == self.key.kind())?;
        (!field.supports_presence()).then(|| (format!("req.{}", field.name()), None))
    }

    /// Where the whole thing stands in a request, if it does.
    pub fn body_in(&self, shape: &Shape) -> Option<Body> {
        let input = shape.desc.input();
        if input == self.desc {
            return Some(Body { path: "req".to_owned(), guard: None });
        }
        let field = input.fields().find(|it| {
            !it.is_list() && !it.is_map() && it.kind().as_message().is_some_and(|desc| *desc == self.desc)
        })?;
        let path = format!("req.{}", field.name());
        Some(Body { guard: Some(format!("has({path})")), path })
    }

    /// The variables of the model.
    pub fn states(&self, service: &ServiceDescriptor, shapes: &[Shape]) -> Vec<Proposal> {
        let types = [("key", type_name(&self.key).unwrap_or("string")), ("value", self.desc.full_name())];
        let map = types.map(|(name, it)| (name.to_owned(), Value::from(it))).into_iter().collect();
        let list = [("value".to_owned(), Value::from(types[0].1))].into_iter().collect();
        let of = service.full_name();
        let one = |name: &str, kind: &str, value: toml::Table| {
            Proposal::entry(of, "state", [("name", name.into()), (kind, Value::Table(value))])
        };
        let mut out = vec![one(&self.map, "map", map).worth(Confidence::High, &*self.evidence)];
        // An order that nothing asks for is no help to anybody.
        if self.is_listed(shapes) {
            let evidence = format!("the {} in the order of their creation", self.map);
            out.push(one(&self.order, "list", list).worth(Confidence::High, evidence));
        }
        out
    }

    /// Whether the model has the order.
    pub fn is_listed(&self, shapes: &[Shape]) -> bool {
        shapes.iter().any(|it| self.is_of(it) && it.kind == Kind::List)
    }

    /// Whether the method does something with such things: what it lists tells its type, others their name.
    pub fn is_of(&self, shape: &Shape) -> bool {
        match shape.kind {
            Kind::List => elements(shape, &self.desc).is_some(),
            _ => shape.noun == self.noun,
        }
    }
}

/// The thing in a request.
pub(super) struct Body {
    pub path: String,
    /// What must be so before it can be read.
    pub guard: Option<String>,
}
