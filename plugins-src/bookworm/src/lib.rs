//! Uses an interface that a system plugin offers, `acme:shelf/books`: every kind of value crosses.

use acme::shelf::books::{self, Book, Shelf};
use lion_guest::{packed, Error};

lion_guest::world!("bookworm:bookworm/bookworm", ["../../wit", "wit"]);

struct Bookworm;

impl Guest for Bookworm {
    fn find(title: String) -> Result<String, String> {
        let found = books::find(&title).map_err(told)?;
        let Some(book) = found else {
            return Ok("none".into());
        };
        let cover = packed::to_bytes(book.cover).map_err(told)?;
        Ok(format!(
            "{}, {:?}, {}, {:?}, {}, {:?}, {:?}, {:?}, {}",
            book.title, book.shelf, book.year, book.page_count, book.rating, book.tags, book.place, cover, book.is_lent
        ))
    }

    fn put(title: String, inner: String) -> Result<String, String> {
        let book = Book {
            title: inner,
            shelf: Shelf::Fiction,
            year: 65535,
            page_count: None,
            rating: -0.5,
            tags: vec!["a".into(), "".into()],
            place: (255, "ü".into()),
            cover: packed::from_bytes(b"png"),
            is_lent: true,
        };
        books::put(&title, &book).map_err(told)?;
        Self::find(title)
    }

    fn count() -> Result<u32, String> {
        books::count().map_err(told)
    }

    fn cover(title: String) -> Result<u32, String> {
        let cover = books::cover_of(&title).map_err(told)?;
        Ok(packed::to_bytes(cover).map_err(told)?.len() as u32)
    }

    fn misbehave(how: String) -> Result<u8, String> {
        books::misbehave(&how).map_err(told)
    }
}

fn told(error: Error) -> String {
    format!("{}: {}", error.kind(), error.text())
}

export!(Bookworm);
