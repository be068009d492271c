//! Why a host call gave nothing.

/// A type of errors or failures and what it says of itself: the cases that all have, and an interface's own. It stands
/// for the type of the bindings, which would say `Error::Denied("...")` where people read.
macro_rules! errors {
    ($(#[$about:meta])* $type:ident $(, $case:ident => $kind:literal)* $(,)?) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $type {
            /// No grant covers it, or a rule forbids it.
            Denied(String),
            /// The arguments mean nothing.
            Invalid(String),
            NotFound(String),
            Exists(String),
            /// Somebody else changed it meanwhile.
            Conflict(String),
            /// A limit or a budget is used up.
            Exhausted(String),
            Timeout(String),
            Cancelled(String),
            /// It may work later.
            Unavailable(String),
            Other(String),
            $($case(String),)*
        }

        /// `kind: text` in one line, as [`line`](Self::line).
        impl std::fmt::Display for $type {
            fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                to.write_str(self.kind())?;
                to.write_str(": ")?;
                to.write_str(self.text())
            }
        }

        impl std::error::Error for $type {}

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
pub(crate) use errors;

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

errors!(
    /// Why a host call gave nothing. Its text is for people; what to do follows from the case.
    Error
);

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Error::Invalid(error.to_string())
    }
}
