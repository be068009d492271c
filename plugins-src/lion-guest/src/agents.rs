//! Other agents, at work for this one.
//!
//! ```ignore
//! let child = agents::spawn("bob", "what do lions eat?")
//!     .allow(["llm fast", "tools fetcher.*"])
//!     .budget("calls", 500)
//!     .stream()
//!     .start()?;
//! while let Some(piece) = child.next()? {
//!     say!("{piece}")?;
//! }
//! let output = child.wait()?;
//! ```

use std::fmt::Write;

use crate::host::agents;
use crate::host::types::Output;
use crate::select::Waitable;
use crate::Error;

pub use crate::host::agents::{budgets, list, About, Budget, State};

/// An agent that is about to be spawned.
pub struct Spawn<'a> {
    agent: &'a str,
    task: &'a str,
    terms: agents::Terms,
}

/// Have an agent work on a task: `start` begins it. Without more words it may do all that its own grants give, its calls
/// are charged to this one, and what it shows is not read.
pub fn spawn<'a>(agent: &'a str, task: &'a str) -> Spawn<'a> {
    Spawn { agent, task, terms: agents::Terms { allow: None, budget: String::new(), streams: false } }
}

impl Spawn<'_> {
    /// Hand on no more than these lines say: `"http GET https://api.example.com/**"`, `"tools fetcher.*"`, `"kv"`.
    pub fn allow<T: AsRef<str>>(mut self, lines: impl IntoIterator<Item = T>) -> Self {
        let all = self.terms.allow.get_or_insert_with(String::new);
        for line in lines {
            all.push_str(line.as_ref());
            all.push('\n');
        }
        self
    }

    /// Set this much aside of a budget of this agent's, by its name in `budgets`.
    pub fn budget(mut self, name: &str, amount: u64) -> Self {
        let _ = writeln!(self.terms.budget, "{name} {amount}");
        self
    }

    /// Read what it shows, with `Child::next`.
    pub fn stream(mut self) -> Self {
        self.terms.streams = true;
        self
    }

    /// Begin it, and go on.
    pub fn start(self) -> Result<Child, Error> {
        let spawned = agents::spawn(self.agent, self.task, &self.terms)?;
        Ok(Child { child: spawned.child, handle: spawned.handle })
    }
}

/// An agent at work. Dropping it stops the agent.
pub struct Child {
    child: agents::Child,
    handle: u32,
}

impl Child {
    /// The next piece of text that it showed; none when no more comes. Waits.
    pub fn next(&self) -> Result<Option<String>, Error> {
        self.child.next()
    }

    /// Its output; waits until there is one.
    pub fn wait(self) -> Result<Output, Error> {
        self.child.wait()
    }

    /// Stop it; what it came to is then `cancelled`.
    pub fn cancel(&self) -> Result<(), Error> {
        self.child.cancel()
    }
}

impl Waitable for Child {
    fn handle(&self) -> u32 {
        self.handle
    }
}
