//! `wasi:io/poll`: what is waited for is ready, comes at an instant, or is a handle of the host's.

use std::cell::Cell;
use std::rc::Rc;

use crate::exports::wasi::io::poll::{Guest, GuestPollable, Pollable, PollableBorrow};
use crate::lion::host::poll;
use crate::{clocks, need, program, Wasi};

/// Whether a poll said that a handle is ready, and nothing was taken of it since.
pub type Flag = Rc<Cell<bool>>;

pub enum Wait {
    Ready,
    Until(u64),
    Handle(u32, Flag),
}

impl Wait {
    pub fn pollable(self) -> Pollable {
        Pollable::new(self)
    }
}

/// The numbers of the handles that are ready, none if the instant came first.
fn wait(handles: &[u32], until: Option<u64>) -> Vec<u32> {
    let written: Vec<String> = handles.iter().map(u32::to_string).collect();
    need("poll", poll::wait(&written.join(" "), until))
}

/// Whether a handle is ready now.
pub fn is_ready(handle: u32, flag: &Flag) -> bool {
    if !flag.get() && !wait(&[handle], Some(0)).is_empty() {
        flag.set(true);
    }
    flag.get()
}

/// The numbers of all that are ready: at once, or after waiting for the first.
fn ready(all: &[&Wait], blocks: bool) -> Vec<u32> {
    let mut handles = Vec::new();
    let mut first: Option<u64> = None;
    let mut is_any = !blocks;
    for one in all {
        match one {
            Wait::Ready => is_any = true,
            Wait::Until(when) => first = Some(first.map_or(*when, |other| other.min(*when))),
            Wait::Handle(_, flag) if flag.get() => is_any = true,
            Wait::Handle(handle, _) => handles.push(*handle),
        }
    }
    let until = if is_any { Some(0) } else { first };
    let asks = !(handles.is_empty() && is_any);
    let found = if asks { wait(&handles, until) } else { Vec::new() };
    // A wait that ended without a handle ended with its instant, so the clock need not be asked.
    let came = asks && !is_any && found.is_empty();
    let now = match first {
        Some(when) if came => when,
        Some(_) => clocks::monotonic(),
        None => 0,
    };
    for number in found {
        let handle = handles[number as usize];
        for one in all {
            if matches!(one, Wait::Handle(other, _) if *other == handle) {
                if let Wait::Handle(_, flag) = one {
                    flag.set(true);
                }
            }
        }
    }
    let is_ready = |one: &Wait| match one {
        Wait::Ready => true,
        Wait::Until(when) => *when <= now,
        Wait::Handle(_, flag) => flag.get(),
    };
    (0..all.len() as u32).filter(|i| is_ready(all[*i as usize])).collect()
}

impl GuestPollable for Wait {
    fn ready(&self) -> bool {
        !ready(&[self], false).is_empty()
    }

    fn block(&self) {
        ready(&[self], true);
    }
}

impl Guest for Wasi {
    type Pollable = Wait;

    fn poll(list: Vec<PollableBorrow<'_>>) -> Vec<u32> {
        if list.is_empty() {
            program::fail("poll: nothing to wait for");
        }
        let all: Vec<&Wait> = list.iter().map(|one| one.get::<Wait>()).collect();
        ready(&all, true)
    }
}
