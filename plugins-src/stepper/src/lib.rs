//! Does what a program says, one host call after the other, so that a test can end its run between any two.

use std::collections::HashMap;

use lion_guest::host::fs::{self, File, Mode};
use lion_guest::host::http::{self, Exchange, Request};
use lion_guest::host::{agents, clock, kv, llm, output, poll, tools};
use lion_guest::json::{from_str, json, Value};
use lion_guest::packed;

lion_guest::world!("stepper:stepper/stepper", ["../../wit", "wit"]);

struct Stepper;

/// What has a name in a program: `["start", "a", ...]`.
enum Held {
    File(File),
    Exchange(http::Started),
    Call(tools::Started),
    Answer(llm::Started),
    Child(agents::Spawned),
}

type Names = HashMap<String, Held>;

impl Guest for Stepper {
    /// A task is a program, too.
    fn run(task: String) -> Result<Output, Error> {
        let text = Self::go(task).map_err(Error::Other)?;
        Ok(Output { json: Some(text.clone()), text })
    }

    fn go(program: String) -> Result<String, String> {
        let steps: Vec<Vec<Value>> = from_str(&program).map_err(|wrong| wrong.to_string())?;
        let mut names = Names::new();
        let said: Result<Vec<Value>, String> = steps.iter().map(|step| act(&mut names, step)).collect();
        Ok(Value::Array(said?).to_string())
    }
}

/// A step's value, an error of the host's as `case: text`; a program that makes no sense ends it.
fn act(names: &mut Names, step: &[Value]) -> Result<Value, String> {
    let word = text(step, 0);
    let done = match word.split_once('-').map_or(word.as_str(), |(kind, _)| kind) {
        "file" => on_file(names, step),
        "fs" => on_path(names, step),
        "http" => on_web(names, step),
        "tool" => on_tool(names, step),
        "llm" => on_model(names, step),
        "agent" => on_agent(names, step),
        _ => other(names, step),
    };
    match done {
        Ok(value) => Ok(value),
        Err(error) if error.starts_with('!') => Err(error),
        Err(error) => Ok(json!({ "error": error })),
    }
}

fn other(names: &mut Names, step: &[Value]) -> Result<Value, String> {
    match text(step, 0).as_str() {
        "say" => output::text(&format!("{}\n", text(step, 1)))?,
        "now" => return Ok(json!(clock::monotonic()?)),
        "sleep" => clock::sleep(number(step, 1))?,
        "spin" => return Ok(json!((0..number(step, 1)).fold(1u64, |a, b| std::hint::black_box(a ^ b << 1)))),
        "drop" => drop(names.remove(&text(step, 1))),
        "trap" => panic!("{}", text(step, 1)),
        "get" => return Ok(json!(kv::get(&text(step, 1))?)),
        "count" => {
            let old = kv::get(&text(step, 1))?.unwrap_or_else(|| "0u".into());
            let next = old.trim_end_matches('u').parse::<u64>().map_err(|_| "!no number")? + 1;
            kv::set(&text(step, 1), &format!("{next}u"))?;
            return Ok(json!(next));
        }
        "wait" => {
            let handles: Vec<String> = step[2..].iter().map(|name| handle(names, name)).collect();
            return Ok(json!(poll::wait(&handles.join(" "), step[1].as_u64())?));
        }
        word => return Err(format!("!no such step: {word}")),
    }
    Ok(Value::Null)
}

fn on_path(names: &mut Names, step: &[Value]) -> Result<Value, String> {
    let (path, second) = (text(step, 1), text(step, 2));
    match text(step, 0).as_str() {
        "fs-open" => drop(names.insert(path, Held::File(fs::open(&second, modes(&text(step, 3)))?))),
        "fs-read" => return Ok(json!(fs::read(&path)?)),
        "fs-write" => fs::write(&path, &packed::from_text(&second))?,
        "fs-times" => fs::set_times(&path, step[2].as_u64(), step[3].as_u64())?,
        "fs-mkdir" => fs::make_dir(&path)?,
        "fs-rmdir" => fs::remove_dir(&path)?,
        "fs-unlink" => fs::unlink(&path)?,
        "fs-rename" => fs::rename(&path, &second)?,
        "fs-link" => fs::link(&path, &second)?,
        "fs-symlink" => fs::symlink(&path, &second)?,
        word => return Err(format!("!no such step: {word}")),
    }
    Ok(Value::Null)
}

fn on_file(names: &mut Names, step: &[Value]) -> Result<Value, String> {
    let Some(Held::File(file)) = names.get(&text(step, 1)) else { return Err("!no such file".into()) };
    match text(step, 0).as_str() {
        "file-read" => return Ok(json!(file.read_at(number(step, 2), 4096)?)),
        "file-write" => file.write_at(number(step, 2), &packed::from_text(&text(step, 3)))?,
        "file-append" => return Ok(json!(file.append(&packed::from_text(&text(step, 2)))?)),
        "file-size" => file.set_size(number(step, 2))?,
        "file-times" => file.set_times(step[2].as_u64(), step[3].as_u64())?,
        "file-stat" => return Ok(json!(file.stat()?.size)),
        "file-sync" => file.sync()?,
        word => return Err(format!("!no such step: {word}")),
    }
    Ok(Value::Null)
}

fn on_web(names: &mut Names, step: &[Value]) -> Result<Value, String> {
    match text(step, 0).as_str() {
        "http-send" => {
            let answer = http::send(&request(step, 1))?;
            return Ok(json!([answer.status, answer.body]));
        }
        "http-start" => {
            let streams = text(step, 4) == "stream";
            let mut asked = request(step, 2);
            asked.body = asked.body.filter(|_| !streams);
            names.insert(text(step, 1), Held::Exchange(http::start(&asked, streams)?));
        }
        word => return with_exchange(exchange(names, step)?, word, step),
    }
    Ok(Value::Null)
}

fn with_exchange(exchange: &Exchange, word: &str, step: &[Value]) -> Result<Value, String> {
    match word {
        "http-head" => return Ok(json!(exchange.head()?.status)),
        "http-read" => return Ok(json!(exchange.read(number(step, 2) as u32)?)),
        "http-write" => exchange.write(&packed::from_text(&text(step, 2)))?,
        "http-finish" => exchange.finish()?,
        word => return Err(format!("!no such step: {word}")),
    }
    Ok(Value::Null)
}

fn on_tool(names: &mut Names, step: &[Value]) -> Result<Value, String> {
    match text(step, 0).as_str() {
        "tool-call" => return Ok(json!(tools::call(&text(step, 1), &arguments(step, 2))?)),
        "tool-start" => {
            let started = tools::start(&text(step, 2), &arguments(step, 3))?;
            names.insert(text(step, 1), Held::Call(started));
        }
        "tool-take" => match names.get(&text(step, 1)) {
            Some(Held::Call(started)) => return Ok(json!(started.call.take()?)),
            _ => return Err("!no such call".into()),
        },
        word => return Err(format!("!no such step: {word}")),
    }
    Ok(Value::Null)
}

fn on_model(names: &mut Names, step: &[Value]) -> Result<Value, String> {
    match text(step, 0).as_str() {
        "llm-ask" => return Ok(json!(llm::ask(&chat(step, 1))?.text)),
        "llm-start" => drop(names.insert(text(step, 1), Held::Answer(llm::start(&chat(step, 2))?))),
        "llm-next" => match names.get(&text(step, 1)) {
            Some(Held::Answer(started)) => {
                return Ok(match started.answer.next()? {
                    Some(llm::Event::Text(piece)) => json!(piece),
                    Some(_) => json!("other"),
                    None => Value::Null,
                })
            }
            _ => return Err("!no such answer".into()),
        },
        word => return Err(format!("!no such step: {word}")),
    }
    Ok(Value::Null)
}

/// `["agent-spawn", name, agent, task, allow, budget, streams]`: a program as the task is written as one.
fn on_agent(names: &mut Names, step: &[Value]) -> Result<Value, String> {
    match text(step, 0).as_str() {
        "agent-spawn" => {
            let task = step.get(3).filter(|task| task.is_array()).map_or_else(|| text(step, 3), Value::to_string);
            let allow = step.get(4).and_then(Value::as_str).map(String::from);
            let streams = step.get(6).and_then(Value::as_bool).unwrap_or_default();
            let terms = agents::Terms { allow, budget: text(step, 5), streams };
            names.insert(text(step, 1), Held::Child(agents::spawn(&text(step, 2), &task, &terms)?));
        }
        "agent-list" => {
            let told = agents::list()?.into_iter().map(|one| json!([one.agent, state(one.state), shown(one.budgets)]));
            return Ok(told.collect());
        }
        "agent-budgets" => return Ok(shown(agents::budgets()?)),
        word => return with_child(names, word, step),
    }
    Ok(Value::Null)
}

fn with_child(names: &Names, word: &str, step: &[Value]) -> Result<Value, String> {
    let Some(Held::Child(spawned)) = names.get(&text(step, 1)) else { return Err("!no such child".into()) };
    match word {
        "agent-next" => return Ok(json!(spawned.child.next()?)),
        "agent-wait" => return Ok(json!(spawned.child.wait()?.text)),
        "agent-cancel" => spawned.child.cancel()?,
        word => return Err(format!("!no such step: {word}")),
    }
    Ok(Value::Null)
}

fn state(state: agents::State) -> &'static str {
    match state {
        agents::State::Working => "working",
        agents::State::Ended => "ended",
        agents::State::Cancelled => "cancelled",
    }
}

fn shown(budgets: Vec<agents::Budget>) -> Value {
    budgets.into_iter().map(|one| json!([one.name, one.limit, one.left])).collect()
}

fn text(step: &[Value], at: usize) -> String {
    step.get(at).and_then(Value::as_str).unwrap_or_default().into()
}

fn number(step: &[Value], at: usize) -> u64 {
    step.get(at).and_then(Value::as_u64).unwrap_or_default()
}

/// A tool's arguments; a program given to another stepper is written as one.
fn arguments(step: &[Value], at: usize) -> String {
    match step.get(at) {
        Some(program @ Value::Array(_)) => json!({ "program": program.to_string() }).to_string(),
        Some(value) => value.to_string(),
        None => "{}".into(),
    }
}

fn request(step: &[Value], at: usize) -> Request {
    let (method, url) = (text(step, at), text(step, at + 1));
    let body = (method == "POST" || method == "PUT").then(|| packed::from_text("body"));
    let headers = text(step, at + 3);
    Request { method, url, headers, body, timeout: None }
}

fn chat(step: &[Value], at: usize) -> llm::Chat {
    let messages = json!([{ "role": "user", "content": text(step, at + 1) }]).to_string();
    let model = text(step, at);
    llm::Chat { model, messages, tools: String::new(), schema: None, max_tokens: None, temperature: None }
}

fn exchange<'a>(names: &'a Names, step: &[Value]) -> Result<&'a Exchange, String> {
    match names.get(&text(step, 1)) {
        Some(Held::Exchange(started)) => Ok(&started.exchange),
        _ => Err("!no such exchange".into()),
    }
}

fn handle(names: &Names, name: &Value) -> String {
    match names.get(name.as_str().unwrap_or_default()) {
        Some(Held::Exchange(started)) => started.readable.to_string(),
        Some(Held::Call(started)) => started.handle.to_string(),
        Some(Held::Answer(started)) => started.handle.to_string(),
        Some(Held::Child(spawned)) => spawned.handle.to_string(),
        _ => "0".into(),
    }
}

fn modes(words: &str) -> Mode {
    words.split_whitespace().fold(Mode::empty(), |all, word| {
        all | match word {
            "read" => Mode::READ,
            "write" => Mode::WRITE,
            "create" => Mode::CREATE,
            "exclusive" => Mode::EXCLUSIVE,
            "truncate" => Mode::TRUNCATE,
            _ => Mode::DIRECTORY,
        }
    })
}

export!(Stepper);
