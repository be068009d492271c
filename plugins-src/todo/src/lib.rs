//! A list of what is to be done: each item is an element, their order a progression.

use lion_guest::elements::{self, Progression};
use lion_guest::json::{json, Value};
use lion_guest::Error;

lion_guest::world!("todo:todo/todo", ["../../wit", "wit"]);

const ITEM: &str = "item";

struct Todo;

impl Guest for Todo {
    fn add(text: String, next: bool) -> Result<String, String> {
        let id = elements::create(ITEM, &json!({"text": text, "done": false}))?;
        if next { list().insert(&id, 0)? } else { list().append(&id)? };
        Ok(id)
    }

    fn open() -> Result<Vec<Item>, String> {
        Ok(items(list().ids()?)?)
    }

    fn finish(id: String) -> Result<bool, String> {
        elements::change(&id, |mut content: Value| {
            content["done"] = true.into();
            Ok(content)
        })?;
        Ok(list().exclude(&id)?)
    }

    fn all() -> Result<Vec<Item>, String> {
        Ok(items(elements::of_kind(ITEM)?)?)
    }

    fn tidy() -> Result<u32, String> {
        let done = items(elements::of_kind(ITEM)?)?.into_iter().filter(|item| item.done);
        let mut gone = 0;
        for item in done {
            gone += u32::from(elements::delete(&item.id)?);
        }
        Ok(gone)
    }
}

fn list() -> Progression {
    Progression::named("to-do")
}

fn items(ids: Vec<String>) -> Result<Vec<Item>, Error> {
    ids.into_iter().map(item).collect()
}

fn item(id: String) -> Result<Item, Error> {
    let content: Value = elements::get(&id)?.read()?;
    let text = content["text"].as_str().unwrap_or("").to_string();
    Ok(Item { id, text, done: content["done"] == true })
}

export!(Todo);
