//! Events of users on their way to RabbitMQ, or any broker that speaks AMQP 0-9-1.
//!
//! Each event is a CloudEvent 1.0 in its structured JSON form (<https://github.com/cloudevents/spec>), so that a consumer needs
//! no library of ours: `id` is the number of the event, the same when it comes twice; `type` is `user.created`, `user.updated`
//! or `user.deleted`; `subject` is the id of the user, and `data` the user as ProtoJSON writes it. The exchange is a durable topic
//! exchange, and the routing key the type. Messages are persistent, and count as published when the broker has confirmed
//! them. As long as no queue has taken any, one that no queue takes waits for a queue; afterwards it is what nobody wants to hear,
//! such as a kind that is bound nowhere, and counts as published.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions};

use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, ExchangeKind};
use serde_json::json;
use tokio::sync::Mutex;

use crate::store::postgres::{Event, Kind, Publisher};

/// The exchange, declared when the first event is published.
pub const EXCHANGE: &str = "user.events";

/// The `source` of every event.
const SOURCE: &str = "/user.UserService";

/// How long the broker may take for all of what it is told at once. The events' transaction is open meanwhile, and nobody else
/// publishes.
const PATIENCE: Duration = Duration::from_secs(10);

/// AMQP's delivery mode for messages that outlive the broker's process.
const PERSISTENT: u8 = 2;

/// Publishes to one broker; connects when there is something to say, and again after a failure.
pub struct Amqp {
    url: String,
    link: Mutex<Option<Link>>,
    /// Whether a queue has ever taken an event.
    is_heard: AtomicBool,
    counts: Arc<Counts>,
}

/// A connection that works, as far as is known.
struct Link {
    // Ends with its connection.
    channel: Channel,
    _connection: Connection,
}

/// What became of events so far.
#[derive(Debug, Default)]
pub struct Counts {
    published: AtomicU64,
    unheard: AtomicU64,
    failures: AtomicU64,
}

impl Counts {
    /// Events that the broker has confirmed.
    #[must_use]
    pub fn published(&self) -> u64 {
        self.published.load(Ordering::Relaxed)
    }

    /// Events of these that no queue takes.
    #[must_use]
    pub fn unheard(&self) -> u64 {
        self.unheard.load(Ordering::Relaxed)
    }

    /// Tries that failed; the events came again.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }
}

impl Amqp {
    /// For the broker at `amqp://USER:PASSWORD@HOST:PORT/VHOST`. Asks nobody yet.
    ///
    /// # Errors
    /// A sentence: the address is none.
    pub fn new(url: &str) -> Result<Self, String> {
        let parsed = url.parse::<lapin::uri::AMQPUri>().map_err(|why| {
            // The address may hold a password, so that it is not repeated.
            format!("the address of the events' broker cannot be read ({why}): give amqp://USER:PASSWORD@HOST:PORT/VHOST")
        })?;
        if parsed.scheme != lapin::uri::AMQPScheme::AMQP {
            return Err("events go over amqp://, without TLS: put a tunnel or a broker of this host between"
                .to_owned());
        }
        Ok(Self {
            url: url.to_owned(),
            link: Mutex::default(),
            is_heard: AtomicBool::new(false),
            counts: Arc::default(),
        })
    }

    /// What becomes of the events, for metrics.
    #[must_use]
    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    async fn connect(&self) -> Result<Link, lapin::Error> {
        let connection = Connection::connect(&self.url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        channel
            .exchange_declare(EXCHANGE.into(), ExchangeKind::Topic, durable, FieldTable::default())
            .await?;
        Ok(Link { channel, _connection: connection })
    }

    /// Hands over all of them, then waits for the broker's word on each.
    async fn send(&self, channel: &Channel, events: &[Event]) -> Result<(), String> {
        let say = |error: lapin::Error| error.to_string();
        let mut confirms = Vec::with_capacity(events.len());
        for event in events {
            let properties = BasicProperties::default()
                .with_content_type("application/cloudevents+json".into())
                .with_delivery_mode(PERSISTENT)
                .with_message_id(event.position.to_string().into())
                .with_type(kind(event.kind).into());
            let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
            let body = body(event);
            let sent = channel.basic_publish(
                EXCHANGE.into(),
                kind(event.kind).into(),
                options,
                body.as_bytes(),
                properties,
            );
            confirms.push(sent.await.map_err(say)?);
        }
        let mut unheard = 0;
        for confirm in confirms {
            match confirm.await.map_err(say)? {
                Confirmation::Ack(None) => self.is_heard.store(true, Ordering::Relaxed),
                Confirmation::Ack(Some(_)) => unheard += 1,
                Confirmation::Nack(_) | Confirmation::NotRequested => {
                    return Err("the broker did not take an event".to_owned());
                }
            }
        }
        if unheard > 0 && !self.is_heard.load(Ordering::Relaxed) {
            return Err(format!("no queue takes what is published on the exchange {EXCHANGE}: bind one"));
        }
        self.counts.published.fetch_add(events.len() as u64, Ordering::Relaxed);
        self.counts.unheard.fetch_add(unheard, Ordering::Relaxed);
        Ok(())
    }

    async fn try_publish(&self, link: &mut Option<Link>, events: &[Event]) -> Result<(), String> {
        if link.is_none() {
            let fresh = self.connect().await;
            *link = Some(fresh.map_err(|error| format!("the events' broker cannot be reached: {error}"))?);
        }
        match link {
            Some(link) => self.send(&link.channel, events).await,
            None => Ok(()),
        }
    }
}

#[tonic::async_trait]
impl Publisher for Amqp {
    async fn publish(&self, events: &[Event]) -> Result<(), String> {
        let mut link = self.link.lock().await;
        let sent = match tokio::time::timeout(PATIENCE, self.try_publish(&mut link, events)).await {
            Ok(sent) => sent,
            Err(_) => Err("the events' broker does not answer".to_owned()),
        };
        if sent.is_err() {
            // Whatever it was, the next try begins anew.
            *link = None;
            self.counts.failures.fetch_add(1, Ordering::Relaxed);
        }
        sent
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Created => "user.created",
        Kind::Updated => "user.updated",
        Kind::Deleted => "user.deleted",
    }
}

fn body(event: &Event) -> String {
    let user = &event.user;
    json!({
        "specversion": "1.0",
        "id": event.position.to_string(),
        "source": SOURCE,
        "type": kind(event.kind),
        "subject": user.id,
        "datacontenttype": "application/json",
        // ProtoJSON writes numbers of 64 bits as text.
        "data": {"id": user.id, "name": user.name, "email": user.email, "createdAt": user.created_at.to_string()},
    })
    .to_string()
}
