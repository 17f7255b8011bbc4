//! A service of its own for what the reference does not promise: notes that belong to callers (`proto/notes.proto`), behind
//! one fault each. Its messages are written by hand, so that nothing has to be generated for it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http::{Request as HttpRequest, Response as HttpResponse};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

/// A request to keep a note.
#[derive(Clone, PartialEq, prost::Message)]
pub struct WriteRequest {
    /// What it says.
    #[prost(string, tag = "1")]
    pub text: String,
    /// The same key once more is the same note.
    #[prost(string, tag = "2")]
    pub request_key: String,
}

/// A request about one note.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ReadRequest {
    /// Its id.
    #[prost(string, tag = "1")]
    pub id: String,
}

/// A note.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Note {
    /// Its id.
    #[prost(string, tag = "1")]
    pub id: String,
    /// What it says.
    #[prost(string, tag = "2")]
    pub text: String,
}

/// That a note is gone.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Erased {}

/// Asks for the number of notes.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CountRequest {}

/// How many notes there are.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CountReply {
    /// Of everybody.
    #[prost(int64, tag = "1")]
    pub notes: i64,
}

/// What is asked of the service itself.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AboutRequest {
    /// In more words.
    #[prost(bool, tag = "1")]
    pub long: bool,
    /// Never built.
    #[prost(bool, tag = "2")]
    pub loud: bool,
}

/// What the service is.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AboutReply {
    /// In words.
    #[prost(string, tag = "1")]
    pub text: String,
    /// How often it was asked.
    #[prost(int64, tag = "2")]
    pub times: i64,
}

/// What is wrong with the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// B58: who asks for a note is known, and not whether it is theirs.
    AnybodysToRead,
    /// Anybody erases what is anybody's, and is told that there is no such note.
    ErasedInSilence,
    /// The key of a repetition is not looked at.
    Twice,
    /// Requests are taken up to the limit of the framework.
    Unbounded,
    /// Requests are refused long before the limit.
    Narrow,
    /// What the service says of itself has changed.
    OtherWords,
    /// Nobody is told what the service is without saying who they are.
    Private,
    /// Ids are longer than promised.
    LongIds,
    /// The header that tells a repetition is not looked at.
    NoHeader,
    /// Anybody is told how many notes there are.
    Open,
    /// The service tells more of itself than it promised.
    Wordy,
    /// The service takes its time to tell what it is.
    Slow,
}

/// The faults by the names to ask for them.
pub const FAULTS: [(&str, Fault); 13] = [
    ("healthy", Fault::None),
    ("B58", Fault::AnybodysToRead),
    ("erased", Fault::ErasedInSilence),
    ("twice", Fault::Twice),
    ("unbounded", Fault::Unbounded),
    ("narrow", Fault::Narrow),
    ("words", Fault::OtherWords),
    ("private", Fault::Private),
    ("long-ids", Fault::LongIds),
    ("no-header", Fault::NoHeader),
    ("open", Fault::Open),
    ("wordy", Fault::Wordy),
    ("slow", Fault::Slow),
];

#[derive(Default)]
struct Kept {
    /// By id, each with its owner.
    notes: BTreeMap<String, (String, Note)>,
    /// By owner and key.
    keys: BTreeMap<(String, String), Note>,
    /// How many there have ever been.
    written: u64,
    /// How often the service was asked what it is.
    asked: i64,
}

/// The service.
#[derive(Clone)]
pub struct Notes {
    fault: Fault,
    kept: Arc<Mutex<Kept>>,
}

impl Notes {
    /// With nothing in it.
    pub fn new(fault: Fault) -> Notes {
        Notes { fault, kept: Arc::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, who: &str, request: WriteRequest) -> Note {
        let is_known = self.fault != Fault::Twice;
        self.keep(who, Some(request.request_key).filter(|_| is_known), request.text)
    }

    /// A note, or the one of that time where the key was used before.
    fn keep(&self, who: &str, key: Option<String>, text: String) -> Note {
        let mut kept = self.kept();
        let key = (who.to_owned(), key.unwrap_or_default());
        if let Some(note) = kept.keys.get(&key).filter(|_| !key.1.is_empty()) {
            return note.clone();
        }
        kept.written += 1;
        let number = kept.written;
        let id = match self.fault {
            Fault::LongIds => format!("note-of-somebody-{number:08}"),
            _ => format!("n{number:08}"),
        };
        let note = Note { id: id.clone(), text };
        kept.notes.insert(id, (who.to_owned(), note.clone()));
        kept.keys.insert(key, note.clone());
        note
    }

    fn read(&self, who: &str, request: &ReadRequest) -> Result<Note, Status> {
        let kept = self.kept();
        let known = kept.notes.get(&request.id);
        let own = known.filter(|(owner, _)| owner == who || self.fault == Fault::AnybodysToRead);
        own.map(|(_, note)| note.clone()).ok_or_else(|| Status::not_found("there is no such note"))
    }

    fn erase(&self, who: &str, request: &ReadRequest) -> Result<Erased, Status> {
        let mut kept = self.kept();
        let own = kept.notes.get(&request.id).is_some_and(|(owner, _)| owner == who);
        if own || self.fault == Fault::ErasedInSilence {
            kept.notes.remove(&request.id);
            // Who repeats a request after that writes anew.
            kept.keys.retain(|_, note| note.id != request.id);
        }
        if own { Ok(Erased {}) } else { Err(Status::not_found("there is no such note")) }
    }

    /// A note under the key of the header.
    fn draft(&self, who: &str, header: Option<String>, request: WriteRequest) -> Note {
        self.keep(who, header.filter(|_| self.fault != Fault::NoHeader), request.text)
    }

    fn count(&self) -> CountReply {
        CountReply { notes: i64::try_from(self.kept().notes.len()).unwrap_or(i64::MAX) }
    }

    fn about(&self, request: &AboutRequest) -> Result<AboutReply, Status> {
        self.kept().asked += 1;
        if request.loud {
            return Err(Status::failed_precondition("there is no loud form"));
        }
        let text = match (request.long, self.fault) {
            (true, Fault::OtherWords) => "notes".to_owned(),
            (_, Fault::Wordy) => "notes ".repeat(20),
            (true, _) => "notes of whoever wrote them".to_owned(),
            (false, _) => "notes".to_owned(),
        };
        Ok(AboutReply { text, times: self.kept().asked })
    }

    /// How large a request may be.
    fn limit(&self) -> usize {
        match self.fault {
            Fault::Unbounded => 4 << 20,
            Fault::Narrow => 1 << 12,
            _ => 1 << 16,
        }
    }
}

/// Longer than is promised.
const SLOW: Duration = Duration::from_millis(1200);

/// Who is known.
const CALLERS: [&str; 3] = ["alice", "bob", "carol"];

/// Who calls, or that nobody does.
fn caller<T>(request: &Request<T>) -> Result<String, Status> {
    let name = request.metadata().get("authorization").and_then(|name| name.to_str().ok());
    let known = name.filter(|name| CALLERS.contains(name));
    known.map(str::to_owned).ok_or_else(|| Status::unauthenticated("who are you?"))
}

/// One method as tonic wants it.
struct Unary<F>(F);

impl<F, M, R> UnaryService<M> for Unary<F>
where
    F: Fn(Request<M>) -> Result<R, Status>,
{
    type Response = R;
    type Future = std::future::Ready<Result<Response<R>, Status>>;

    fn call(&mut self, request: Request<M>) -> Self::Future {
        std::future::ready((self.0)(request).map(Response::new))
    }
}

async fn unary<M, R>(
    limit: usize,
    request: HttpRequest<Body>,
    answer: impl Fn(Request<M>) -> Result<R, Status>,
) -> HttpResponse<Body>
where
    M: prost::Message + Default + 'static,
    R: prost::Message + Default + 'static,
{
    let codec = ProstCodec::<R, M>::default();
    Grpc::new(codec).apply_max_message_size_config(Some(limit), None).unary(Unary(answer), request).await
}

impl NamedService for Notes {
    const NAME: &'static str = "notes.Notes";
}

impl Service<HttpRequest<Body>> for Notes {
    type Response = HttpResponse<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<Body>) -> Self::Future {
        let notes = self.clone();
        Box::pin(async move {
            let limit = notes.limit();
            let path = request.uri().path().to_owned();
            Ok(match path.as_str() {
                "/notes.Notes/Write" => {
                    unary(limit, request, |it: Request<WriteRequest>| {
                        let who = caller(&it)?;
                        Ok(notes.write(&who, it.into_inner()))
                    })
                    .await
                }
                "/notes.Notes/Read" => {
                    unary(limit, request, |it: Request<ReadRequest>| notes.read(&caller(&it)?, it.get_ref()))
                        .await
                }
                "/notes.Notes/Erase" => {
                    unary(limit, request, |it: Request<ReadRequest>| notes.erase(&caller(&it)?, it.get_ref()))
                        .await
                }
                "/notes.Notes/Draft" => {
                    unary(limit, request, |it: Request<WriteRequest>| {
                        let who = caller(&it)?;
                        let header = it.metadata().get("idempotency-key").and_then(|it| it.to_str().ok());
                        let header = header.map(str::to_owned);
                        Ok(notes.draft(&who, header, it.into_inner()))
                    })
                    .await
                }
                "/notes.Notes/Count" => {
                    unary(limit, request, |it: Request<CountRequest>| {
                        if notes.fault != Fault::Open {
                            caller(&it)?;
                        }
                        Ok(notes.count())
                    })
                    .await
                }
                "/notes.Notes/About" => {
                    if notes.fault == Fault::Slow {
                        tokio::time::sleep(SLOW).await;
                    }
                    unary(limit, request, |it: Request<AboutRequest>| {
                        if notes.fault == Fault::Private {
                            caller(&it)?;
                        }
                        notes.about(it.get_ref())
                    })
                    .await
                }
                _ => Status::unimplemented("there is no such method").into_http(),
            })
        })
    }
}
