//! Passes every kind of value through the host, holds its resources, and calls it in tight loops.

use std::cell::RefCell;

wit_bindgen::generate!({ world: "mirror", path: "../echo/wit", generate_all });

use lion::test::{glass, trade};

thread_local! {
    static KEPT: RefCell<Vec<trade::Box>> = const { RefCell::new(Vec::new()) };
}

struct Mirror;

macro_rules! reflections {
    ($($name:ident: $type:ty, $value:ident => $lent:expr;)*) => {
        $(fn $name($value: $type) -> $type { glass::$name($lent) })*
    };
}

impl Guest for Mirror {
    reflections! {
        same_bool: bool, value => value;
        same_u8: u8, value => value;
        same_u16: u16, value => value;
        same_u32: u32, value => value;
        same_u64: u64, value => value;
        same_s8: i8, value => value;
        same_s16: i16, value => value;
        same_s32: i32, value => value;
        same_s64: i64, value => value;
        same_f32: f32, value => value;
        same_f64: f64, value => value;
        same_char: char, value => value;
        same_string: String, value => &value;
        same_bytes: Vec<u8>, value => &value;
        same_bools: Vec<bool>, value => &value;
        same_words: Vec<u32>, value => &value;
        same_longs: Vec<i64>, value => &value;
        same_floats: Vec<f64>, value => &value;
        same_chars: Vec<char>, value => &value;
        same_texts: Vec<String>, value => &value;
        same_nested: Vec<Vec<u16>>, value => &value;
        same_pairs: Vec<(String, f32)>, value => &value;
        same_pair: (u32, String), value => (value.0, &value.1);
        same_triple: (u8, (String, bool), Vec<i16>), value => (value.0, (&value.1.0, value.1.1), &value.2);
        same_point: Point, value => value;
        same_person: Person, value => &value;
        same_shape: Shape, value => &value;
        same_color: Color, value => value;
        same_few: Few, value => value;
        same_twelve: Twelve, value => value;
        same_many: Many, value => value;
        same_maybe: Option<u32>, value => value;
        same_maybe_text: Option<String>, value => value.as_deref();
        same_maybe_maybe: Option<Option<String>>, value => value.as_ref().map(|text| text.as_deref());
        same_maybe_points: Vec<Option<Point>>, value => &value;
        same_shapes: Vec<Shape>, value => &value;
        same_result: Result<u32, String>, value => value.as_ref().map(|&n| n).map_err(String::as_str);
        same_result_ok: Result<String, ()>, value => value.as_deref().map_err(|&()| ());
        same_result_err: Result<(), String>, value => value.as_ref().map(|&()| ()).map_err(String::as_str);
        same_result_bare: Result<(), ()>, value => value;
        same_result_deep: Result<Option<Vec<String>>, Shape>, value => value.as_ref().map(|texts| texts.as_deref());
        same_everything: Everything, value => &value;
    }

    fn box_round(text: String) -> String {
        let one = trade::make("");
        one.put(&text);
        one.get()
    }

    fn box_travel(text: String) -> String {
        let one = trade::make(&text);
        let seen = trade::look(&one);
        let other = trade::swap(one);
        [seen, other.get()].join(" ")
    }

    fn box_hoard(count: u32) -> u32 {
        let boxes: Vec<trade::Box> = (0..count).map(|n| trade::make(&n.to_string())).collect();
        boxes.iter().map(|one| one.get().len() as u32).sum()
    }

    fn box_keep(text: String) -> u32 {
        KEPT.with_borrow_mut(|kept| {
            kept.push(trade::make(&text));
            kept.len() as u32
        })
    }

    fn box_kept() -> Vec<String> {
        KEPT.with_borrow(|kept| kept.iter().map(trade::Box::get).collect())
    }

    fn send(url: String) -> Result<String, Trouble> {
        let response = trade::send(&request(url))?;
        let mut text = format!("{} ", response.status);
        while let Some(piece) = response.body.next(1024)? {
            text.push_str(&piece);
        }
        Ok(text)
    }

    fn call_n(n: u32) -> u32 {
        (0..n).fold(0, |sum, at| trade::add(sum, at))
    }

    fn fetch_n(n: u32, text: String) -> u64 {
        (0..n).map(|_| trade::fetch(&text).len() as u64).sum()
    }

    fn send_n(n: u32) -> u64 {
        let one = request("http://localhost/".into());
        (0..n).map(|_| read_all(&one)).sum()
    }

    fn nop() {}

    fn text(text: String) -> String {
        text
    }

    fn bytes(bytes: Vec<u8>) -> Vec<u8> {
        bytes
    }
}

fn request(url: String) -> trade::Request {
    let header = trade::Header { name: "accept".into(), value: "text/plain".into() };
    trade::Request { method: "GET".into(), url, headers: vec![header], body: None }
}

fn read_all(request: &trade::Request) -> u64 {
    let Ok(response) = trade::send(request) else { return 0 };
    let mut bytes = 0;
    while let Ok(Some(piece)) = response.body.next(1024) {
        bytes += piece.len() as u64;
    }
    bytes
}

export!(Mirror);
