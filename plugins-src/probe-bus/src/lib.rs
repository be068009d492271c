//! Calls each function of the bus. As an agent it does what its task says, line by line, and shows what came:
//!
//! `send bob {"a":1}`, `publish news.a 1`, `subscribe news.*`, `inbox`, `next 0` (of the first that was opened), `drop 0`,
//! `poll 0`, `nap 1000` (nanoseconds), `many 300 send bob 1`.

use std::time::Duration;

use lion_guest::host::bus::{self, Subscribed};
use lion_guest::host::poll;
use lion_guest::json::{json, to_string};
use lion_guest::serde::Serialize;
use lion_guest::{clock, sayln};

lion_guest::world!("probe:bus/probe-bus", ["../../wit", "wit"]);

type Said = Result<String, String>;

struct Probe;

impl Guest for Probe {
    fn run(task: String) -> Result<Output, Error> {
        let mut opened = Vec::new();
        let mut all = Vec::new();
        for line in task.lines() {
            let said = follow(line, &mut opened).unwrap_or_else(|error| error);
            sayln!("{said}")?;
            all.push(said);
        }
        Ok(Output { text: all.join("\n"), json: None })
    }

    fn bus_send(to: String, payload: String) -> Said {
        say(bus::send(&to, &payload))
    }

    fn bus_publish(topic: String, payload: String) -> Said {
        say(bus::publish(&topic, &payload))
    }

    fn bus_subscribe(pattern: String) -> Said {
        say(bus::subscribe(&pattern).map(|found| found.handle))
    }

    fn bus_inbox() -> Said {
        say(bus::inbox().map(|found| found.handle))
    }

    fn bus_next() -> Said {
        let found = bus::inbox().map_err(String::from)?;
        next(&found)
    }
}

fn follow(line: &str, opened: &mut Vec<Option<Subscribed>>) -> Said {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (first, last) = rest.split_once(' ').unwrap_or((rest, ""));
    match word {
        "send" => say(bus::send(first, last)),
        "publish" => say(bus::publish(first, last)),
        "subscribe" | "inbox" => {
            let found = if word == "inbox" { bus::inbox() } else { bus::subscribe(rest) }.map_err(String::from)?;
            opened.push(Some(found));
            Ok("opened".into())
        }
        "next" => next(at(first, opened)?.as_ref().ok_or("dropped")?),
        "drop" => {
            *at(first, opened)? = None;
            Ok("dropped".into())
        }
        "poll" => {
            let handle = at(first, opened)?.as_ref().ok_or("dropped")?.handle;
            say(poll::wait(&handle.to_string(), Some(0)))
        }
        "nap" => say(clock::sleep(Duration::from_nanos(first.parse().unwrap_or(0)))),
        "many" => {
            let mut said = String::new();
            for _ in 0..first.parse().unwrap_or(0) {
                said = follow(last, opened)?;
            }
            Ok(said)
        }
        _ => Err(format!("what is {word}?")),
    }
}

fn at<'a>(index: &str, opened: &'a mut [Option<Subscribed>]) -> Result<&'a mut Option<Subscribed>, String> {
    let index: usize = index.parse().map_err(|_| "no index".to_string())?;
    opened.get_mut(index).ok_or_else(|| "not opened".into())
}

fn next(found: &Subscribed) -> Said {
    say(found.subscription.next().map(|one| {
        json!({"sender": one.sender, "topic": one.topic, "payload": one.payload, "missed": one.missed})
    }))
}

fn say<T: Serialize>(result: Result<T, Error>) -> Said {
    let value = result.map_err(String::from)?;
    to_string(&value).map_err(|error| error.to_string())
}

export!(Probe);
