//! One side of a debate: it says what speaks for its task, and answers what the other side says, round after round.
//!
//! Settings: `model` (by default "fast"); `topic`, where its own words go (by default "debate." and its side); `other`,
//! the name of the other side; `rounds` (by default 2). Who has the word is told in messages: a judge opens, and each
//! side writes to the other when it has spoken.

use lion_guest::json::json;
use lion_guest::llm::{Chat, Event, Message};
use lion_guest::{bus, config, output};

lion_guest::world!("debater:debater/debater", ["../../wit", "wit"]);

const TASK: &str = "You are one side of a debate. Say in one sentence what speaks for your side, or against what the other \
                    side has just said. Do not repeat yourself.";

struct Debater;

impl Guest for Debater {
    fn run(task: String) -> Result<Output, Error> {
        let model = config::get("model")?.unwrap_or_else(|| "fast".into());
        let other: String = needed("other")?;
        let topic: String = needed("topic")?;
        let rounds: u32 = config::value("rounds")?.unwrap_or(2);
        let inbox = bus::inbox()?;
        let mut chat = Chat::new(&model).system(TASK).user(format!("Your side: {task}"));
        let mut said = Vec::new();
        for round in 1..=rounds {
            // Both sides wait for a word: the judge's at the beginning, then the other side's.
            let heard: String = inbox.next()?.read()?;
            chat = chat.user(heard);
            let reply = chat.start()?.gather(|event| match event {
                Event::Text(piece) => output::text(piece),
                _ => Ok(()),
            })?;
            output::text("\n")?;
            chat.messages.push(Message::from(&reply));
            let words = reply.text.trim_end().to_string();
            bus::publish(&topic, &json!({"round": round, "words": words}))?;
            bus::send(&other, &words)?;
            said.push(words);
        }
        Ok(Output { text: said.join("\n"), json: None })
    }
}

fn needed(key: &str) -> Result<String, Error> {
    config::get(key)?.ok_or_else(|| Error::Invalid(format!("{key}: this setting is missing")))
}

export!(Debater);
