//! An agent that calls several tools at once, talks while they work, and takes a refusal calmly.
//!
//! Settings: `tools`, a list of tables with `name` and `with`, the calls to make (by default one of each plugin of the
//! tour); `forbidden`, a tool to try although it may not be granted (empty: none); `patience`, the nanoseconds after which it says
//! that it still waits.

mod calls;

use std::time::Duration;

use lion_guest::json::{json, Map, Value};
use lion_guest::{clock, config, output, sayln, tools, Select};

lion_guest::world!("guide:guide/guide", ["../../wit", "wit"]);

const PATIENCE: u64 = 200_000_000;

enum Turn {
    Answer(usize),
    Late,
}

struct Guide;

impl Guest for Guide {
    fn run(task: String) -> Result<Output, Error> {
        sayln!("task: {task}")?;
        let mut answers = Map::new();
        let calls = calls::start_all(&task, &mut answers)?;
        hear_all(calls, &mut answers)?;
        try_forbidden(&task, &mut answers)?;
        let good = answers.values().filter(|answer| answer.get("error").is_none()).count();
        let text = format!("{task}: {good} of {} tools answered", answers.len());
        Ok(Output { text, json: Some(json!({ "task": task, "answers": answers }).to_string()) })
    }
}

/// Tells each answer as it arrives.
fn hear_all(calls: Vec<(String, tools::Call)>, answers: &mut Map<String, Value>) -> Result<(), Error> {
    let patience = Duration::from_nanos(config::value("patience")?.unwrap_or(PATIENCE));
    let total = calls.len();
    let mut select = Select::new();
    for (at, (_, call)) in calls.iter().enumerate() {
        select.add(call, Turn::Answer(at));
    }
    let mut calls: Vec<_> = calls.into_iter().map(Some).collect();
    select.timer(clock::after(patience)?, Turn::Late);
    let mut heard = 0;
    while heard < total {
        match select.next()? {
            Some(Turn::Answer(at)) => {
                heard += 1;
                let (name, call) = calls[at].take().expect("each answer comes once");
                tell(&name, call.take(), answers)?;
                output::progress(heard as u64, Some(total as u64), &name)?;
                output::partial(answers)?;
            }
            Some(Turn::Late) => {
                sayln!("still waiting for {} of {total}", total - heard)?;
                select.timer(clock::after(patience)?, Turn::Late);
            }
            None => break,
        }
    }
    Ok(())
}

/// Tries one tool more, which the manifest may have refused, and goes on in any case.
fn try_forbidden(task: &str, answers: &mut Map<String, Value>) -> Result<(), Error> {
    let name = config::get("forbidden")?.unwrap_or_else(|| "notebook.remove".into());
    if name.is_empty() {
        return Ok(());
    }
    match tools::call::<Value>(&name, &json!({ "title": task })) {
        Err(error) if error.is_denied() => {
            sayln!("{name}: I may not ({}), so I go on without it", error.text())?;
            answers.insert(name, failure(&error));
            Ok(())
        }
        other => tell(&name, other, answers),
    }
}

fn tell(name: &str, answer: Result<Value, Error>, answers: &mut Map<String, Value>) -> Result<(), Error> {
    match answer {
        Ok(value) => {
            let shown = if value.is_null() { "done".into() } else { value.to_string() };
            sayln!("{name}: {shown}")?;
            answers.insert(name.into(), json!({ "value": value }));
        }
        Err(error) => {
            sayln!("{name}: {}", error.line())?;
            answers.insert(name.into(), failure(&error));
        }
    }
    Ok(())
}

fn failure(error: &Error) -> Value {
    json!({ "error": error.kind(), "text": error.text() })
}

export!(Guide);
