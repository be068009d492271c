//! An agent that has others work: a model divides the question, each part goes to an agent of its own with an equal share
//! of this one's budgets, and what they say is merged while they say it. One that fails is named; the others go on.
//!
//! Settings: `researchers`, the agents' names; `hand-on`, lines of what they may do (by default all that their own grants
//! give); `model`, which divides the question (by default "fast").

use lion_guest::agents::{self, Child};
use lion_guest::json::{json, Value};
use lion_guest::llm::Chat;
use lion_guest::{config, sayln, Select};

lion_guest::world!("coordinator:coordinator/coordinator", ["../../wit", "wit"]);

const KEPT: u64 = 10;
/// Of calls and output one part in so many is its own: it reads what the others say, and says it.
const OWN: [&str; 2] = ["calls", "output"];

struct Coordinator;

impl Guest for Coordinator {
    fn run(task: String) -> Result<Output, Error> {
        let names: Vec<String> = config::value("researchers")?
            .ok_or_else(|| Error::Invalid("researchers: name the agents that work for this one".into()))?;
        let questions = divided(&task, names.len())?;
        let budgets = shares(names.len() as u64)?;
        let mut parts: Vec<Part> =
            names.into_iter().zip(questions).map(|(name, question)| Part::begin(name, question, &budgets)).collect();
        merge(&mut parts)?;
        told(&task, &parts)
    }
}

/// One researcher's part of the question, and what came of it.
struct Part {
    name: String,
    question: String,
    child: Option<Child>,
    line: String,
    end: Result<String, Error>,
}

impl Part {
    fn begin(name: String, question: String, budgets: &[(String, u64)]) -> Part {
        let (child, end) = match spawned(&name, &question, budgets) {
            Ok(child) => (Some(child), Ok(String::new())),
            Err(error) => (None, Err(error)),
        };
        Part { name, question, child, line: String::new(), end }
    }

    /// Take what comes next; true if more may come.
    fn take(&mut self) -> Result<bool, Error> {
        let Some(child) = &self.child else { return Ok(false) };
        match child.next() {
            Ok(Some(piece)) => self.show(&piece).map(|()| true),
            Ok(None) => {
                self.end_line()?;
                self.end = self.child.take().map_or(Ok(String::new()), |child| child.wait().map(|output| output.text));
                if let Err(error) = &self.end {
                    sayln!("{} | gave no answer: {}", self.name, error.line())?;
                }
                Ok(false)
            }
            Err(error) => {
                self.child = None;
                self.end = Err(error);
                Ok(false)
            }
        }
    }

    /// Show whole lines, each with the name of who said it.
    fn show(&mut self, piece: &str) -> Result<(), Error> {
        for part in piece.split_inclusive('\n') {
            self.line.push_str(part);
            if part.ends_with('\n') {
                self.end_line()?;
            }
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Error> {
        let line = std::mem::take(&mut self.line);
        match line.trim_end() {
            "" => Ok(()),
            line => sayln!("{} | {line}", self.name),
        }
    }
}

fn spawned(name: &str, question: &str, budgets: &[(String, u64)]) -> Result<Child, Error> {
    let mut child = agents::spawn(name, question).stream();
    if let Some(lines) = config::value::<Vec<String>>("hand-on")? {
        child = child.allow(lines);
    }
    budgets.iter().fold(child, |child, (budget, amount)| child.budget(budget, *amount)).start()
}

/// As many questions as there are agents, each for itself.
fn divided(task: &str, count: usize) -> Result<Vec<String>, Error> {
    let model = config::get("model")?.unwrap_or_else(|| "fast".into());
    let demand = format!("Divide the question into {count} that can be answered apart. One on a line, nothing else.");
    let reply = Chat::new(&model).system(&demand).user(task).ask()?;
    Ok(reply.text.lines().map(|line| line.trim().to_string()).filter(|line| !line.is_empty()).collect())
}

/// Of each budget an equal share for each agent.
fn shares(count: u64) -> Result<Vec<(String, u64)>, Error> {
    let share = |one: agents::Budget| {
        let kept = if OWN.contains(&one.name.as_str()) { one.left.div_ceil(KEPT) } else { 0 };
        (one.name, (one.left - kept) / count.max(1))
    };
    Ok(agents::budgets()?.into_iter().map(share).filter(|(_, amount)| *amount > 0).collect())
}

/// Show what they all say as they say it, until all have ended.
fn merge(parts: &mut [Part]) -> Result<(), Error> {
    let mut select = Select::new();
    for (at, part) in parts.iter().enumerate() {
        if let Some(child) = &part.child {
            select.add(child, at);
        }
    }
    while let Some(at) = select.next()? {
        if parts[at].take()? {
            if let Some(child) = &parts[at].child {
                select.add(child, at);
            }
        }
    }
    Ok(())
}

fn told(task: &str, parts: &[Part]) -> Result<Output, Error> {
    if parts.iter().all(|part| part.end.is_err()) {
        return Err(Error::Other("nobody gave an answer".into()));
    }
    let mut text = format!("{task}\n");
    for part in parts {
        let answer = match &part.end {
            Ok(answer) => answer.trim_end().to_string(),
            Err(error) => format!("({} gave no answer: {})", part.name, error.line()),
        };
        text.push_str(&format!("\n{}\n{answer}\n", part.question));
    }
    let all: Vec<Value> = parts
        .iter()
        .map(|part| match &part.end {
            Ok(answer) => json!({ "by": part.name, "question": part.question, "answer": answer }),
            Err(error) => json!({ "by": part.name, "question": part.question, "failed": error.line() }),
        })
        .collect();
    Ok(Output { text, json: Some(json!(all).to_string()) })
}

export!(Coordinator);
