//! An adviser that asks a model in which order tasks should begin. Setting: `model` (by default "fast").

use lion_guest::config;
use lion_guest::llm::Chat;

lion_guest::world!("planner:planner/planner", ["../../wit", "wit"]);

const TASK: &str = "You put tasks of a scheduler in order. Short ones go before long ones, unless they have waited long \
                    already. Answer with the ids alone, one on a line, that of the first to begin first.";

struct Planner;

impl Guest for Planner {
    fn advise(tasks: Vec<Waiting>) -> Result<Vec<String>, String> {
        let model = config::get("model").map_err(|e| e.to_string())?.unwrap_or_else(|| "fast".into());
        let lines: Vec<String> = tasks.iter().map(line).collect();
        let chat = Chat::new(&model).system(TASK).user(lines.join("\n"));
        let reply = chat.ask().map_err(|e| e.to_string())?;
        Ok(ids(&reply.text, &tasks))
    }
}

fn line(task: &Waiting) -> String {
    let expected = task.expected_ms.map_or_else(|| "unknown".into(), |ms| format!("{ms} ms"));
    format!(
        "{}: {} for {}, priority {}, waited {} ms, takes {}",
        task.id, task.what, task.by, task.priority, task.waited_ms, expected
    )
}

/// What of the answer names a task, each once: a model may say anything.
fn ids(text: &str, tasks: &[Waiting]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
        if tasks.iter().any(|task| task.id == word) && !found.iter().any(|id| id == word) {
            found.push(word.into());
        }
    }
    found
}

export!(Planner);
