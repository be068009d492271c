//! Functions of other plugins, with serde values instead of JSON texts.

use serde::de::DeserializeOwned;
use serde::Serialize;

use crate::host::tools;
use crate::select::Waitable;
use crate::Error;

pub use crate::host::tools::{list, Tool};

/// Call a tool and wait. `arguments` is what serialises to an object by parameter name:
/// `tools::call("calculator.add", &json!({"a": 1, "b": 2}))`.
pub fn call<T: DeserializeOwned>(name: &str, arguments: &(impl Serialize + ?Sized)) -> Result<T, Error> {
    let answer = tools::call(name, &serde_json::to_string(arguments)?)?;
    Ok(serde_json::from_str(&answer)?)
}

/// Start a call and go on.
pub fn start(name: &str, arguments: &(impl Serialize + ?Sized)) -> Result<Call, Error> {
    let started = tools::start(name, &serde_json::to_string(arguments)?)?;
    Ok(Call { pending: started.call, handle: started.handle })
}

/// A call under way. Dropping it cancels it.
pub struct Call {
    pending: tools::Pending,
    handle: u32,
}

impl Call {
    /// The result; waits until there is one.
    pub fn take<T: DeserializeOwned>(self) -> Result<T, Error> {
        Ok(serde_json::from_str(&self.pending.take()?)?)
    }
}

impl Waitable for Call {
    fn handle(&self) -> u32 {
        self.handle
    }
}
