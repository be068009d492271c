//! Waiting for the first of several things.

use std::collections::VecDeque;
use std::fmt::Write;

use crate::host::poll;
use crate::Error;

/// What the host can wait for.
pub trait Waitable {
    /// The number by which the host knows it.
    fn handle(&self) -> u32;
}

/// A set of things to wait for, each under a key of the caller's choice.
///
/// ```ignore
/// let mut select = Select::new();
/// select.add(&call, Turn::Answer);
/// select.timer(clock::after(Duration::from_millis(50))?, Turn::Late);
/// while let Some(turn) = select.next()? { ... }
/// ```
///
/// Each key comes once. The set does not own what it waits for: keep the call until its key has come.
pub struct Select<K> {
    handles: Vec<(u32, K)>,
    timers: Vec<(u64, K)>,
    ready: VecDeque<K>,
}

impl<K> Default for Select<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> Select<K> {
    /// An empty set.
    pub fn new() -> Self {
        Select { handles: Vec::new(), timers: Vec::new(), ready: VecDeque::new() }
    }

    /// Wait for this too.
    pub fn add(&mut self, what: &impl Waitable, key: K) {
        self.handles.push((what.handle(), key));
    }

    /// Wait for an instant of the monotonic clock too.
    pub fn timer(&mut self, instant: u64, key: K) {
        self.timers.push((instant, key));
    }

    /// How many have not come yet.
    pub fn len(&self) -> usize {
        self.handles.len() + self.timers.len() + self.ready.len()
    }

    /// Whether all have come.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The key of the next one, or none if all have come. Waits.
    pub fn next(&mut self) -> Result<Option<K>, Error> {
        while self.ready.is_empty() && !self.is_empty() {
            self.wait()?;
        }
        Ok(self.ready.pop_front())
    }

    fn wait(&mut self) -> Result<(), Error> {
        let earliest = self.earliest();
        let indexes = poll::wait(&self.text(), earliest.map(|at| self.timers[at].0))?;
        if let (true, Some(at)) = (indexes.is_empty(), earliest) {
            self.ready.push_back(self.timers.remove(at).1);
        }
        // From the end, so that the indexes before stay right.
        for &index in indexes.iter().rev() {
            self.ready.push_front(self.handles.remove(index as usize).1);
        }
        Ok(())
    }

    fn earliest(&self) -> Option<usize> {
        (0..self.timers.len()).min_by_key(|&at| self.timers[at].0)
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (handle, _) in &self.handles {
            let space = if text.is_empty() { "" } else { " " };
            let _ = write!(text, "{space}{handle}");
        }
        text
    }
}
