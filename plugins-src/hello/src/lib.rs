//! Greets people: one tool, one log line, one optional setting.

use lion_guest::{config, info};

lion_guest::world!("hello:hello/hello", ["../../wit", "wit"]);

struct Hello;

impl Guest for Hello {
    fn greet(name: String) -> Result<String, String> {
        if name.is_empty() {
            return Err("nobody to greet: the name is empty".into());
        }
        let greeting = config::get("greeting").ok().flatten();
        info!("greeting {name}");
        Ok(format!("{}, {name}!", greeting.as_deref().unwrap_or("Hello")))
    }
}

export!(Hello);
