//! What was looked up in a conversation, in order.

use lion_guest::json::{from_str, Value};
use lion_guest::llm::Message;

/// Which argument of a call says where it looked.
const PLACES: [&str; 4] = ["url", "path", "title", "query"];

/// Sources that answered, each once, and those that did not.
pub struct Sources {
    pub all: Vec<String>,
    pub failed: Vec<String>,
}

impl Sources {
    /// Everything that the conversation's calls looked up.
    pub fn of(messages: &[Message]) -> Self {
        let mut sources = Sources { all: Vec::new(), failed: Vec::new() };
        for message in messages {
            if let Message::Assistant { calls, .. } = message {
                for call in calls {
                    sources.add(&call.arguments, result(messages, &call.id));
                }
            }
        }
        sources
    }

    fn add(&mut self, arguments: &str, result: &str) {
        let arguments: Value = from_str(arguments).unwrap_or_default();
        let Some(place) = PLACES.iter().find_map(|place| arguments[place].as_str()) else {
            return;
        };
        let list = if is_error(result) { &mut self.failed } else { &mut self.all };
        if !list.iter().any(|known| known == place) {
            list.push(place.into());
        }
    }

    /// The list as text to follow an answer; empty if there is none.
    pub fn listed(&self) -> String {
        let line = |(at, source): (usize, &String)| format!("\n[{}] {source}", at + 1);
        let lines: String = self.all.iter().enumerate().map(line).collect();
        if lines.is_empty() {
            lines
        } else {
            ["\n\nSources:", &lines, "\n"].concat()
        }
    }
}

fn result<'a>(messages: &'a [Message], id: &str) -> &'a str {
    let found = messages.iter().find_map(|message| match message {
        Message::Tool { content, call } if call == id => Some(content.as_str()),
        _ => None,
    });
    found.unwrap_or_default()
}

/// A refusal, or a page that is not there.
fn is_error(result: &str) -> bool {
    let value: Value = from_str(result).unwrap_or_default();
    value.get("error").is_some() || value["status"].as_u64().is_some_and(|status| status >= 400)
}
