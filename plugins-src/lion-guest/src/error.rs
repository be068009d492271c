//! Why a host call gave nothing.

use crate::Error;

/// What errors and failures say of themselves: the cases that all have, and an interface's own.
macro_rules! says_why {
    ($type:ident $(, $case:ident => $kind:literal)* $(,)?) => {
        impl $type {
            /// The case's name as WIT has it, for instance `not-found`.
            pub fn kind(&self) -> &'static str {
                self.parts().0
            }

            /// The text for people.
            pub fn text(&self) -> &str {
                self.parts().1
            }

            /// Whether the host refused: no grant covers the call, or a rule forbids it.
            pub fn is_denied(&self) -> bool {
                matches!(self, $type::Denied(_))
            }

            /// `kind: text` in one line.
            pub fn line(&self) -> String {
                [self.kind(), ": ", self.text()].concat()
            }

            fn parts(&self) -> (&'static str, &str) {
                match self {
                    $type::Denied(text) => ("denied", text),
                    $type::Invalid(text) => ("invalid", text),
                    $type::NotFound(text) => ("not-found", text),
                    $type::Exists(text) => ("exists", text),
                    $type::Conflict(text) => ("conflict", text),
                    $type::Exhausted(text) => ("exhausted", text),
                    $type::Timeout(text) => ("timeout", text),
                    $type::Cancelled(text) => ("cancelled", text),
                    $type::Unavailable(text) => ("unavailable", text),
                    $type::Other(text) => ("other", text),
                    $($type::$case(text) => ($kind, text),)*
                }
            }
        }

        /// For tools, whose own error is usually a text.
        impl From<$type> for String {
            fn from(error: $type) -> Self {
                error.line()
            }
        }
    };
}
pub(crate) use says_why;

/// A failure as an error; `$own` says what the cases that only the interface has become.
macro_rules! becomes_error {
    ($type:ident, $own:expr) => {
        impl From<$type> for crate::Error {
            fn from(failure: $type) -> Self {
                match failure {
                    $type::Denied(text) => crate::Error::Denied(text),
                    $type::Invalid(text) => crate::Error::Invalid(text),
                    $type::NotFound(text) => crate::Error::NotFound(text),
                    $type::Exists(text) => crate::Error::Exists(text),
                    $type::Conflict(text) => crate::Error::Conflict(text),
                    $type::Exhausted(text) => crate::Error::Exhausted(text),
                    $type::Timeout(text) => crate::Error::Timeout(text),
                    $type::Cancelled(text) => crate::Error::Cancelled(text),
                    $type::Unavailable(text) => crate::Error::Unavailable(text),
                    $type::Other(text) => crate::Error::Other(text),
                    own => $own(own),
                }
            }
        }
    };
}
pub(crate) use becomes_error;

says_why!(Error);

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Error::Invalid(error.to_string())
    }
}
