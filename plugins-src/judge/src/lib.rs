//! Opens a debate, hears both sides, and judges.
//!
//! Settings: `model` (by default "fast"); `hears`, the pattern of topics on which the sides speak (by default "debate.*");
//! `first`, who has the first word; `words`, how many there will be; `patience`, for how many nanoseconds it waits for one.

use std::time::Duration;

use lion_guest::json::{json, Value};
use lion_guest::llm::{Chat, Event};
use lion_guest::{bus, clock, config, output, sayln, Select};

lion_guest::world!("judge:judge/judge", ["../../wit", "wit"]);

const PATIENCE: u64 = 60_000_000_000;
const TASK: &str = "You judge a debate. Say in one or two sentences who was more convincing and why; begin with the name.";

struct Judge;

impl Guest for Judge {
    fn run(task: String) -> Result<Output, Error> {
        let hears = config::get("hears")?.unwrap_or_else(|| "debate.*".into());
        let first = config::get("first")?.ok_or_else(|| Error::Invalid("first: this setting is missing".into()))?;
        let words: u32 = config::value("words")?.unwrap_or(4);
        let debate = bus::subscribe(&hears)?;
        bus::send(&first, &format!("The question: {task}"))?;
        let mut lines = Vec::new();
        for _ in 0..words {
            match next(&debate)? {
                Some(line) => lines.push(line),
                // A side that fell silent does not hold up the judgement.
                None => {
                    sayln!("nobody speaks any more")?;
                    break;
                }
            }
        }
        let verdict = judge(&task, &lines)?;
        let json = json!({ "verdict": verdict, "heard": lines.len() }).to_string();
        Ok(Output { text: verdict, json: Some(json) })
    }
}

/// What is said next, and by whom; none if it takes too long.
fn next(debate: &bus::Subscription) -> Result<Option<String>, Error> {
    let patience = Duration::from_nanos(config::value("patience")?.unwrap_or(PATIENCE));
    let mut select = Select::new();
    select.add(debate, true);
    select.timer(clock::after(patience)?, false);
    if select.next()? != Some(true) {
        return Ok(None);
    }
    let message = debate.next()?;
    let said: Value = message.read()?;
    // The name is the host's word, not the message's.
    Ok(Some(format!("{}: {}", message.sender(), said["words"].as_str().unwrap_or(""))))
}

fn judge(task: &str, lines: &[String]) -> Result<String, Error> {
    let model = config::get("model")?.unwrap_or_else(|| "fast".into());
    let chat = Chat::new(&model).system(TASK).user(format!("The question: {task}\n\n{}", lines.join("\n")));
    let reply = chat.start()?.gather(|event| match event {
        Event::Text(piece) => output::text(piece),
        _ => Ok(()),
    })?;
    output::text("\n")?;
    Ok(reply.text.trim_end().into())
}

export!(Judge);
