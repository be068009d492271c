//! An agent that judges what others wrote, text after text, as soon as each is there.
//!
//! Settings: `model` (by default "fast"); `reads`, the calls that give the texts, as
//! `[{ name = "notebook.read", with = { title = "lions" } }]`; `patience`, how many nanoseconds to wait for one.

use std::time::Duration;

use lion_guest::json::{from_str, json, Value};
use lion_guest::llm::{Chat, Event};
use lion_guest::{clock, config, output, sayln, tools};

lion_guest::world!("critic:critic/critic", ["../../wit", "wit"]);

const PATIENCE: u64 = 30_000_000_000;
const PAUSE: Duration = Duration::from_millis(200);
const TASK: &str = "You judge a text that somebody else wrote. Is each claim supported by a source it cites? Say in one \
                    or two sentences what is good and what is missing, and begin with the word accepted or rejected.";

struct Critic;

impl Guest for Critic {
    fn run(task: String) -> Result<Output, Error> {
        let reads: Vec<Value> = config::value("reads")?.unwrap_or_default();
        let mut verdicts = Vec::new();
        for read in &reads {
            let name =
                read["name"].as_str().ok_or_else(|| Error::Invalid("reads: one has no name".into()))?;
            let verdict = match wait_for(name, &read["with"])? {
                Ok(text) => judge(&task, &text)?,
                Err(error) => told(name, &error)?,
            };
            verdicts.push(verdict);
        }
        let json = json!({ "verdicts": verdicts }).to_string();
        Ok(Output { text: verdicts.join("\n"), json: Some(json) })
    }
}

/// The text, once there is one; the last error if it never comes. A refusal is not waited for.
fn wait_for(name: &str, arguments: &Value) -> Result<Result<String, Error>, Error> {
    let patience = Duration::from_nanos(config::value("patience")?.unwrap_or(PATIENCE));
    let until = clock::after(patience)?;
    loop {
        match tools::call::<Value>(name, arguments) {
            Ok(Value::String(text)) if !text.is_empty() => return Ok(Ok(text)),
            Ok(value) if !value.is_null() && value != "" => return Ok(Ok(value.to_string())),
            Err(error) if error.is_denied() || clock::monotonic()? >= until => return Ok(Err(error)),
            Ok(_) if clock::monotonic()? >= until => {
                return Ok(Err(Error::Timeout("nobody wrote anything".into())))
            }
            _ => clock::sleep(PAUSE)?,
        }
    }
}

fn judge(task: &str, text: &str) -> Result<String, Error> {
    let model = config::get("model")?.unwrap_or_else(|| "fast".into());
    let chat = Chat::new(&model).system(TASK).user(format!("{task}\n\nThe text:\n\n{text}"));
    let reply = chat.start()?.gather(|event| match event {
        Event::Text(piece) => output::text(piece),
        _ => Ok(()),
    })?;
    output::text("\n")?;
    Ok(reply.text.trim_end().into())
}

fn told(name: &str, error: &Error) -> Result<String, Error> {
    // A tool's own error is JSON text.
    let text = from_str::<String>(error.text()).unwrap_or_else(|_| error.text().into());
    sayln!("{name}: nothing to judge ({}: {text})", error.kind())?;
    Ok(format!("rejected: nothing to judge ({}: {text})", error.kind()))
}

export!(Critic);
