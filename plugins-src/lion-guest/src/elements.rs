//! Values with an id, a kind and an order, kept between runs; with serde values instead of JSON texts.

use serde::de::DeserializeOwned;
use serde::Serialize;

use crate::host::elements;
use crate::Error;

pub use crate::host::elements::{delete, progressions};

const PAGE: u32 = 1000;

/// Make an element of a kind; its id: `elements::create("task", &json!({"text": "feed the lions"}))`.
pub fn create(kind: &str, content: &(impl Serialize + ?Sized)) -> Result<String, Error> {
    elements::create(kind, &serde_json::to_string(content)?)
}

/// An element; `not-found` if there is none.
pub fn get(id: &str) -> Result<Element, Error> {
    elements::get(id).map(Element)
}

/// Give an element other content, if its revision is `expected` (none: whatever it is); its revision then. `conflict` if
/// somebody changed it meanwhile.
pub fn update(id: &str, content: &(impl Serialize + ?Sized), expected: Option<u64>) -> Result<u64, Error> {
    elements::update(id, &serde_json::to_string(content)?, expected)
}

/// Change an element so that nobody's change is lost: `change` makes the new content of the old one, and is asked again if
/// somebody else was faster. Answers the new content.
pub fn change<T: Serialize + DeserializeOwned>(
    id: &str,
    mut change: impl FnMut(T) -> Result<T, Error>,
) -> Result<T, Error> {
    loop {
        let old = get(id)?;
        let new = change(old.read()?)?;
        match update(id, &new, Some(old.revision())) {
            Err(Error::Conflict(_)) => continue,
            done => return done.map(|_| new),
        }
    }
}

/// The ids of all elements of a kind, oldest first, however many there are.
pub fn of_kind(kind: &str) -> Result<Vec<String>, Error> {
    let mut all: Vec<String> = Vec::new();
    loop {
        let page = elements::list(kind, all.last().map(String::as_str), PAGE)?;
        let is_last = page.len() < PAGE as usize;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// An element as it was when it was read.
pub struct Element(elements::Element);

impl Element {
    pub fn id(&self) -> &str {
        &self.0.id
    }

    pub fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Milliseconds since 1970 (UTC).
    pub fn created_at(&self) -> u64 {
        self.0.created_at
    }

    /// 1 at first, one more after each update.
    pub fn revision(&self) -> u64 {
        self.0.revision
    }

    /// What it holds, as a value. `invalid` if it is another form of JSON.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        Ok(serde_json::from_str(&self.0.content)?)
    }
}

/// An order of elements under a name: `Progression::named("to-do")`. It is there as long as something is in it.
pub struct Progression(String);

impl Progression {
    pub fn named(name: &str) -> Self {
        Progression(name.to_string())
    }

    /// Put an element at the end. `exists` if it is in it already.
    pub fn append(&self, id: &str) -> Result<(), Error> {
        elements::append(&self.0, id)
    }

    /// Put an element before the one at a position, or at the end.
    pub fn insert(&self, id: &str, position: u32) -> Result<(), Error> {
        elements::insert(&self.0, id, position)
    }

    /// Let an element stand at a position; the others keep their order.
    pub fn move_to(&self, id: &str, position: u32) -> Result<(), Error> {
        elements::move_(&self.0, id, position)
    }

    /// Take an element out; it is kept. True if it was in it.
    pub fn exclude(&self, id: &str) -> Result<bool, Error> {
        elements::exclude(&self.0, id)
    }

    /// The first element's id, if there is one.
    pub fn first(&self) -> Result<Option<String>, Error> {
        Ok(elements::order(&self.0, 0, 1)?.pop())
    }

    /// All ids, in order.
    pub fn ids(&self) -> Result<Vec<String>, Error> {
        elements::order(&self.0, 0, PAGE)
    }
}
