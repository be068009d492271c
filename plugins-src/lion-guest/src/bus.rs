//! Messages between the holders of a run, with serde values instead of JSON texts.

use serde::de::DeserializeOwned;
use serde::Serialize;

use crate::host::bus;
use crate::select::Waitable;
use crate::Error;

/// Write to one holder: `bus::send("bob", &json!({"question": "why?"}))`.
pub fn send(to: &str, payload: &(impl Serialize + ?Sized)) -> Result<(), Error> {
    bus::send(to, &serde_json::to_string(payload)?)
}

/// Write to all who subscribed to a topic; how many there were.
pub fn publish(topic: &str, payload: &(impl Serialize + ?Sized)) -> Result<u32, Error> {
    bus::publish(topic, &serde_json::to_string(payload)?)
}

/// Hear what is published from now on, on the topics that a pattern names: `bus::subscribe("news.*")`.
pub fn subscribe(pattern: &str) -> Result<Subscription, Error> {
    bus::subscribe(pattern).map(Subscription::new)
}

/// Read what was sent to this holder, also what came before.
pub fn inbox() -> Result<Subscription, Error> {
    bus::inbox().map(Subscription::new)
}

/// What comes, in order. Dropping it ends a subscription; an inbox is kept.
pub struct Subscription {
    inner: bus::Subscription,
    handle: u32,
}

impl Subscription {
    fn new(found: bus::Subscribed) -> Self {
        Subscription { inner: found.subscription, handle: found.handle }
    }

    /// The next message; waits until there is one.
    pub fn next(&self) -> Result<Message, Error> {
        self.inner.next().map(Message)
    }
}

impl Waitable for Subscription {
    fn handle(&self) -> u32 {
        self.handle
    }
}

/// A message, as its receiver gets it.
pub struct Message(bus::Message);

impl Message {
    /// The name of the holder that wrote it; the host says so. Who is outside of the run has one that begins with `@`.
    pub fn sender(&self) -> &str {
        &self.0.sender
    }

    /// What it was published on; none if it was sent to this holder alone.
    pub fn topic(&self) -> Option<&str> {
        self.0.topic.as_deref()
    }

    /// How many before it were lost, since they were not read in time.
    pub fn missed(&self) -> u32 {
        self.0.missed
    }

    /// What it says, as a value. `invalid` if it is another form of JSON.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        Ok(serde_json::from_str(&self.0.payload)?)
    }
}
