//! Reads what a model writes, in pieces: for tests and measurements of the library.

use lion_guest::json::{from_str, json, Value};
use lion_guest::parse::{Event, Reader};

lion_guest::world!("reader:reader/reader", ["../../wit", "wit"]);

struct Plugin;

impl Guest for Plugin {
    fn read(format: String, records: String, pieces: String) -> Result<String, String> {
        let pieces: Vec<String> = from_str(&pieces).map_err(|error| error.to_string())?;
        let mut reader = of(&format, &records)?;
        let mut events: Vec<Value> = Vec::new();
        for piece in &pieces {
            events.extend(reader.feed(piece).into_iter().map(told));
        }
        let end = match reader.finish() {
            Ok(value) => json!({ "value": value }),
            Err(fault) => json!({ "fault": fault.kind.name() }),
        };
        events.extend(reader.rest().into_iter().map(told));
        Ok(json!({ "events": events, "end": end }).to_string())
    }

    fn count(format: String, text: String, size: u32) -> Result<u32, String> {
        let mut reader = of(&format, "")?;
        let mut count = 0;
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let cut = rest.char_indices().nth(size.max(1) as usize).map_or(rest.len(), |(at, _)| at);
            count += records(&reader.feed(&rest[..cut]));
            rest = &rest[cut..];
        }
        reader.finish().map_err(|fault| fault.what)?;
        Ok(count + records(&reader.rest()))
    }
}

fn of(format: &str, records: &str) -> Result<Reader, String> {
    match format {
        "json" => Ok(Reader::json(records)),
        "json-lines" => Ok(Reader::json_lines()),
        "lines" => Ok(Reader::lines()),
        _ => Err(format!("there is no format {format:?}")),
    }
}

fn told(event: Event) -> Value {
    match event {
        Event::Record(value) => json!({ "record": value }),
        Event::Prose(text) => json!({ "prose": text }),
        Event::Fault(fault) => json!({ "fault": fault.kind.name() }),
    }
}

fn records(events: &[Event]) -> u32 {
    events.iter().filter(|event| matches!(event, Event::Record(_))).count() as u32
}

export!(Plugin);
