//! Calls each function of the elements; see wit/world.wit.

use std::time::Duration;

use lion_guest::clock;
use lion_guest::host::elements;
use lion_guest::json::{json, to_string};
use lion_guest::serde::Serialize;
use lion_guest::Error;

lion_guest::world!("probe:elements/probe-elements", ["../../wit", "wit"]);

type Said = Result<String, String>;

struct Probe;

impl Guest for Probe {
    fn create(kind: String, content: String) -> Said {
        say(elements::create(&kind, &content))
    }

    fn get(id: String) -> Said {
        show(&id)
    }

    fn update(id: String, content: String, expected: Option<u64>) -> Said {
        say(elements::update(&id, &content, expected))
    }

    fn delete(id: String) -> Said {
        say(elements::delete(&id))
    }

    fn list(kind: String, after: Option<String>, limit: u32) -> Said {
        say(elements::list(&kind, after.as_deref(), limit))
    }

    fn append(progression: String, id: String) -> Said {
        say(elements::append(&progression, &id))
    }

    fn insert(progression: String, id: String, position: u32) -> Said {
        say(elements::insert(&progression, &id, position))
    }

    fn move_(progression: String, id: String, position: u32) -> Said {
        say(elements::move_(&progression, &id, position))
    }

    fn exclude(progression: String, id: String) -> Said {
        say(elements::exclude(&progression, &id))
    }

    fn order(progression: String, start: u32, limit: u32) -> Said {
        say(elements::order(&progression, start, limit))
    }

    fn progressions() -> Said {
        say(elements::progressions())
    }

    fn script(lines: String) -> Vec<String> {
        let mut ids = Vec::new();
        lines.lines().map(|line| follow(line, &mut ids).unwrap_or_else(|error| error)).collect()
    }
}

fn follow(line: &str, ids: &mut Vec<String>) -> Said {
    let mut words = line.splitn(4, ' ');
    let mut next = || words.next().unwrap_or("");
    let (word, first, second, third) = (next(), next(), next(), next());
    let rest = line.splitn(3, ' ').nth(2).unwrap_or("");
    match word {
        "create" => {
            ids.push(elements::create(first, rest).map_err(String::from)?);
            Ok(format!("{}", ids.len() - 1))
        }
        "get" => show(&at(first, ids)),
        "update" => say(elements::update(&at(first, ids), third, second.parse().ok())),
        "delete" => say(elements::delete(&at(first, ids))),
        "list" => numbers(elements::list(first, None, 1000), ids),
        "append" => say(elements::append(first, &at(second, ids))),
        "insert" => say(elements::insert(first, &at(second, ids), number(third))),
        "move" => say(elements::move_(first, &at(second, ids), number(third))),
        "exclude" => say(elements::exclude(first, &at(second, ids))),
        "order" => numbers(elements::order(first, 0, 1000), ids),
        "nap" => say(clock::sleep(Duration::from_millis(25))),
        "names" => say(elements::progressions()),
        "many" => {
            let mut said = String::new();
            for _ in 0..number(first) {
                said = follow(rest, ids)?;
            }
            Ok(said)
        }
        _ => Err(format!("what is {word}?")),
    }
}

fn at(index: &str, ids: &[String]) -> String {
    ids.get(number(index) as usize).cloned().unwrap_or_else(|| index.to_string())
}

fn number(word: &str) -> u32 {
    word.parse().unwrap_or(u32::MAX)
}

fn numbers(found: Result<Vec<String>, Error>, ids: &[String]) -> Said {
    let found = found.map_err(String::from)?;
    let places: Vec<_> = found.iter().map(|id| ids.iter().position(|one| one == id)).collect();
    to_string(&places).map_err(|error| error.to_string())
}

fn show(id: &str) -> Said {
    say(elements::get(id).map(|one| {
        json!({"id": one.id, "kind": one.kind, "created-at": one.created_at, "revision": one.revision,
               "content": one.content})
    }))
}

fn say<T: Serialize>(result: Result<T, Error>) -> Said {
    let value = result.map_err(String::from)?;
    to_string(&value).map_err(|error| error.to_string())
}

export!(Probe);
