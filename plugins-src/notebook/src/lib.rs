//! Pages in the kv store, and a counter that shows how compare-and-set is used.

use lion_guest::{kv, Error};

lion_guest::world!("notebook:notebook/notebook", ["../../wit", "wit"]);

const PAGE: &str = "page/";
const COUNTER: &str = "counter";

struct Notebook;

impl Guest for Notebook {
    fn write(title: String, text: String) -> Result<(), String> {
        Ok(kv::set_text(&key(&title), &text)?)
    }

    fn read(title: String) -> Result<String, String> {
        kv::text(&key(&title))?.ok_or_else(|| format!("no page {title:?}"))
    }

    fn titles() -> Result<Vec<String>, String> {
        let keys = kv::keys(PAGE)?;
        Ok(keys.iter().map(|key| key[PAGE.len()..].to_string()).collect())
    }

    fn remove(title: String) -> Result<bool, String> {
        Ok(kv::delete(&key(&title))?)
    }

    fn count() -> Result<u64, String> {
        let text = kv::update(COUNTER, |old| Ok((number(old)? + 1).to_string()))?;
        Ok(number(Some(&text))?)
    }
}

fn key(title: &str) -> String {
    [PAGE, title].concat()
}

fn number(text: Option<&str>) -> Result<u64, Error> {
    let invalid = |_| Error::Invalid("the counter is not a number".into());
    text.map_or(Ok(0), |text| text.parse().map_err(invalid))
}

export!(Notebook);
