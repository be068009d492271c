//! Calls another plugin's tool, several times in one call.

use lion_guest::{host::tools, Error};

lion_guest::world!("relay:relay/relay", ["../../wit", "wit"]);

struct Relay;

impl Guest for Relay {
    fn relay(tool: String, arguments: Vec<String>) -> Result<Vec<String>, String> {
        arguments.iter().map(|one| answer(tools::call(&tool, one))).collect()
    }
}

/// The result, or the tool's own error after `err `; anything else is an error of the relay's.
fn answer(called: Result<String, Error>) -> Result<String, String> {
    match called {
        Ok(text) => Ok(text),
        Err(Error::Other(text)) => Ok(format!("err {text}")),
        Err(error) => Err(error.into()),
    }
}

export!(Relay);
