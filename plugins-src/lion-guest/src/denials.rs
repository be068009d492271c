//! Which right the last refused call lacked, to act on it: ask a person for the grant, take another way.
//!
//! ```ignore
//! match http::get(&url).send() {
//!     Err(error) if error.is_denied() => match denials::last()? {
//!         Some(lacks) if lacks.is_grantable() => Err(format!("I would need: {lacks}")),
//!         _ => Err("not here".into()),
//!     },
//!     ...
//! }
//! ```

pub use crate::host::denials::{last, Denial, Reason};

impl Denial {
    /// Whether a line of the manifest would allow the call; else no grant helps.
    pub fn is_grantable(&self) -> bool {
        matches!(self.reason, Reason::Ungranted | Reason::Withheld)
    }
}

impl Reason {
    /// The word for it as WIT has it, for instance `out-of-reach`.
    pub fn word(&self) -> &'static str {
        match self {
            Reason::Ungranted => "ungranted",
            Reason::Withheld => "withheld",
            Reason::Forbidden => "forbidden",
            Reason::Unasked => "unasked",
            Reason::Expired => "expired",
            Reason::Refused => "refused",
            Reason::OutOfReach => "out-of-reach",
            Reason::Secret => "secret",
        }
    }
}

/// `http send GET https://api.example.com/v1 (ungranted)`.
impl std::fmt::Display for Denial {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for part in [self.capability.as_str(), " ", self.action.as_str()] {
            to.write_str(part)?;
        }
        if !self.subject.is_empty() {
            to.write_str(" ")?;
            to.write_str(&self.subject)?;
        }
        to.write_str(" (")?;
        to.write_str(self.reason.word())?;
        to.write_str(")")
    }
}
