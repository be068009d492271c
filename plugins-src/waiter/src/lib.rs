//! An agent that mostly waits: the settings `times`, `pieces` and `nanos` say how often, how much it says in all,
//! and how long each wait takes.

use std::time::Duration;

use lion_guest::{clock, config, say};

lion_guest::world!("waiter:waiter/waiter", ["../../wit", "wit"]);

struct Waiter;

impl Guest for Waiter {
    fn run(task: String) -> Result<Output, Error> {
        let times = setting("times", 3)?;
        let pieces = setting("pieces", 5)?;
        let nanos = setting("nanos", 1_000_000_000)?;
        let mut said = 0;
        for round in 1..=times {
            clock::sleep(Duration::from_nanos(nanos))?;
            // The last round says all that is left, so the pieces are spread whatever the numbers.
            while said < pieces * round / times {
                said += 1;
                say!("{said} of {pieces}\n")?;
            }
        }
        Ok(Output { text: format!("{task}: waited {times} times"), json: None })
    }
}

fn setting(key: &str, default: u64) -> Result<u64, Error> {
    match config::get(key)? {
        Some(text) => text.parse().map_err(|_| Error::Invalid(format!("{key} is not a whole number"))),
        None => Ok(default),
    }
}

export!(Waiter);
