//! Why a host call gave nothing.

use crate::Error;

impl Error {
    /// The case's name as WIT has it, for instance `not-found`.
    pub fn kind(&self) -> &'static str {
        match self {
            Error::Denied(_) => "denied",
            Error::Invalid(_) => "invalid",
            Error::NotFound(_) => "not-found",
            Error::Exists(_) => "exists",
            Error::Conflict(_) => "conflict",
            Error::Exhausted(_) => "exhausted",
            Error::Timeout(_) => "timeout",
            Error::Cancelled(_) => "cancelled",
            Error::Unavailable(_) => "unavailable",
            Error::Other(_) => "other",
        }
    }

    /// The text for people.
    pub fn text(&self) -> &str {
        match self {
            Error::Denied(text)
            | Error::Invalid(text)
            | Error::NotFound(text)
            | Error::Exists(text)
            | Error::Conflict(text)
            | Error::Exhausted(text)
            | Error::Timeout(text)
            | Error::Cancelled(text)
            | Error::Unavailable(text)
            | Error::Other(text) => text,
        }
    }

    /// Whether the host refused: no grant covers the call, or a rule forbids it.
    pub fn is_denied(&self) -> bool {
        matches!(self, Error::Denied(_))
    }

    /// `kind: text` in one line.
    pub fn line(&self) -> String {
        [self.kind(), ": ", self.text()].concat()
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Error::Invalid(error.to_string())
    }
}

/// For tools, whose own error is usually a text.
impl From<Error> for String {
    fn from(error: Error) -> Self {
        error.line()
    }
}
