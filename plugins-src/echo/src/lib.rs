//! Answers what it was given, for every kind of type. Imports nothing.

wit_bindgen::generate!({ world: "echo", path: "wit", generate_all });

struct Echo;

macro_rules! identities {
    ($($name:ident: $type:ty;)*) => { $(fn $name(value: $type) -> $type { value })* };
}

impl Guest for Echo {
    identities! {
        same_bool: bool;
        same_u8: u8;
        same_u16: u16;
        same_u32: u32;
        same_u64: u64;
        same_s8: i8;
        same_s16: i16;
        same_s32: i32;
        same_s64: i64;
        same_f32: f32;
        same_f64: f64;
        same_char: char;
        same_string: String;
        same_bytes: Vec<u8>;
        same_bools: Vec<bool>;
        same_words: Vec<u32>;
        same_longs: Vec<i64>;
        same_floats: Vec<f64>;
        same_chars: Vec<char>;
        same_texts: Vec<String>;
        same_nested: Vec<Vec<u16>>;
        same_pairs: Vec<(String, f32)>;
        same_pair: (u32, String);
        same_triple: (u8, (String, bool), Vec<i16>);
        same_point: Point;
        same_person: Person;
        same_shape: Shape;
        same_color: Color;
        same_few: Few;
        same_twelve: Twelve;
        same_many: Many;
        same_maybe: Option<u32>;
        same_maybe_text: Option<String>;
        same_maybe_maybe: Option<Option<String>>;
        same_maybe_points: Vec<Option<Point>>;
        same_shapes: Vec<Shape>;
        same_result: Result<u32, String>;
        same_result_ok: Result<String, ()>;
        same_result_err: Result<(), String>;
        same_result_bare: Result<(), ()>;
        same_result_deep: Result<Option<Vec<String>>, Shape>;
        same_everything: Everything;
    }
}

export!(Echo);
