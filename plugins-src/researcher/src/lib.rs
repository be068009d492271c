//! An agent that answers a question: a model looks things up with the tools that were granted, its words are shown
//! as they come, and what was looked up is cited.
//!
//! Settings: `model` (by default "fast"); `style`, how to write; `rounds`, how often the model may ask for tools;
//! `save`, a tool to hand the text to, as `{ name = "notebook.write", with = { title = "lions" }, text = "text" }`.

mod sources;

use lion_guest::json::{json, Map, Value};
use lion_guest::llm::{Chat, Event, ROUNDS};
use lion_guest::{config, output, sayln, tools};

use sources::Sources;

lion_guest::world!("researcher:researcher/researcher", ["../../wit", "wit"]);

const TASK: &str =
    "Answer the question. Look things up with the tools you have, and say only what you found. \
                    Cite the sources by their numbers, in the order in which you looked them up: [1], [2].";

struct Researcher;

impl Guest for Researcher {
    fn run(task: String) -> Result<Output, Error> {
        let mut chat = Chat::new(&model()?).system(instructions()?).user(task).tools(tools()?);
        let rounds = config::value("rounds")?.unwrap_or(ROUNDS);
        let mut shown = Shown { is_inside: false };
        let reply = chat.work(rounds, |event| shown.show(event))?;
        shown.end_line()?;
        let sources = Sources::of(&chat.messages);
        let text = [reply.text.trim_end(), &sources.listed()].concat();
        output::text(sources.listed().trim_start())?;
        save(&text)?;
        let json = json!({ "answer": reply.text, "sources": sources.all, "failed": sources.failed });
        Ok(Output { text, json: Some(json.to_string()) })
    }
}

fn model() -> Result<String, Error> {
    Ok(config::get("model")?.unwrap_or_else(|| "fast".into()))
}

fn instructions() -> Result<String, Error> {
    Ok(match config::get("style")? {
        Some(style) => format!("{TASK} Style: {style}."),
        None => TASK.into(),
    })
}

/// What may be called but is not the model's to call: where the text goes in the end.
fn tools() -> Result<Vec<tools::Tool>, Error> {
    let saved = config::value::<Value>("save")?.and_then(|save| save["name"].as_str().map(String::from));
    let mut all = match tools::list() {
        Err(error) if error.is_denied() => Vec::new(),
        all => all?,
    };
    all.retain(|tool| Some(&tool.name) != saved.as_ref());
    Ok(all)
}

/// What people see while the model works, and whether that is inside a line.
struct Shown {
    is_inside: bool,
}

impl Shown {
    fn show(&mut self, event: &Event) -> Result<(), Error> {
        match event {
            Event::Text(piece) => {
                self.is_inside = !piece.ends_with('\n');
                output::text(piece)
            }
            Event::ToolStart(tool) => {
                self.end_line()?;
                sayln!("(calls {})", tool.name)
            }
            _ => Ok(()),
        }
    }

    fn end_line(&mut self) -> Result<(), Error> {
        if std::mem::take(&mut self.is_inside) {
            output::text("\n")?;
        }
        Ok(())
    }
}

fn save(text: &str) -> Result<(), Error> {
    let Some(save) = config::value::<Value>("save")? else {
        return Ok(());
    };
    let name = save["name"].as_str().ok_or_else(|| Error::Invalid("save: it has no name".into()))?;
    let mut arguments = save["with"].as_object().cloned().unwrap_or_else(Map::new);
    arguments.insert(save["text"].as_str().unwrap_or("text").into(), text.into());
    match tools::call::<Value>(name, &arguments) {
        Err(error) => sayln!("{name}: not saved ({})", error.line()),
        Ok(_) => Ok(()),
    }
}

export!(Researcher);
