//! Fetches pages.

use lion_guest::http;

lion_guest::world!("fetcher:fetcher/fetcher", ["../../wit", "wit"]);

/// So that the page fits into what a tool may answer, with room for quotes and escapes.
const MOST: usize = 48 * 1024;

struct Fetcher;

impl Guest for Fetcher {
    fn fetch(url: String) -> Result<Page, String> {
        let page = http::get(&url).header("accept", "text/html, text/plain, */*;q=0.5").send()?;
        let mut text = page.text();
        if text.len() > MOST {
            let end = (0..=MOST).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            text.truncate(end);
        }
        let kind = page.header("content-type").unwrap_or_default().to_owned();
        Ok(Page { status: page.status, url: page.url, kind, text })
    }
}

export!(Fetcher);
