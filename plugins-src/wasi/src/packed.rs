//! Bytes in text: packed as lion's interfaces have it, and as a data URL where people see it.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// How text begins that stands for bytes which are none, of an input as of an output.
const DATA: &str = "data:application/octet-stream;base64,";

/// What each letter gives in each of the four places of a group.
static VALUES: [[u32; 256]; 4] = values();

const fn values() -> [[u32; 256]; 4] {
    let mut all = [[0; 256]; 4];
    let mut i = 0;
    while i < 64 {
        let letter = LETTERS[i] as usize;
        let mut place = 0;
        while place < 4 {
            all[place][letter] = (i as u32) << (18 - 6 * place);
            place += 1;
        }
        i += 1;
    }
    all
}

fn encode(bytes: &[u8], into: &mut Vec<u8>) {
    let letter = |value: usize| LETTERS[value & 63];
    let mut parts = bytes.chunks_exact(3);
    for part in &mut parts {
        let value = (part[0] as usize) << 16 | (part[1] as usize) << 8 | part[2] as usize;
        into.extend_from_slice(&[
            letter(value >> 18),
            letter(value >> 12),
            letter(value >> 6),
            letter(value),
        ]);
    }
    match parts.remainder() {
        [a] => into.extend_from_slice(&[letter(*a as usize >> 2), letter((*a as usize) << 4), b'=', b'=']),
        [a, b] => {
            let value = (*a as usize) << 8 | *b as usize;
            into.extend_from_slice(&[letter(value >> 10), letter(value >> 4), letter(value << 2), b'=']);
        }
        _ => {}
    }
}

/// Decode in place: what is read lies before what is written.
fn decode(mut coded: Vec<u8>) -> Vec<u8> {
    let padding = coded.iter().rev().take(2).filter(|letter| **letter == b'=').count();
    let groups = coded.len() / 4;
    for i in 0..groups {
        let value = (0..4).fold(0, |value, place| value | VALUES[place][coded[4 * i + place] as usize]);
        coded[3 * i] = (value >> 16) as u8;
        coded[3 * i + 1] = (value >> 8) as u8;
        coded[3 * i + 2] = value as u8;
    }
    coded.truncate((3 * groups).saturating_sub(padding));
    coded
}

pub fn pack(bytes: &[u8]) -> String {
    if let Ok(text) = core::str::from_utf8(bytes) {
        let mut packed = String::with_capacity(text.len() + 1);
        packed.push_str(text);
        packed.push('u');
        return packed;
    }
    let mut packed = Vec::with_capacity(bytes.len().div_ceil(3) * 4 + 1);
    encode(bytes, &mut packed);
    packed.push(b'b');
    // Safe: letters of base64.
    unsafe { String::from_utf8_unchecked(packed) }
}

pub fn unpack(packed: String) -> Vec<u8> {
    let mut bytes = packed.into_bytes();
    match bytes.pop() {
        Some(b'b') => decode(bytes),
        _ => bytes,
    }
}

/// Bytes as text, for the one who called.
pub fn to_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| {
        let mut text = DATA.as_bytes().to_vec();
        encode(error.as_bytes(), &mut text);
        // Safe: letters of base64.
        unsafe { String::from_utf8_unchecked(text) }
    })
}

/// The bytes that such a text stands for.
pub fn from_text(text: String) -> Vec<u8> {
    match text.strip_prefix(DATA) {
        Some(coded) => decode(coded.as_bytes().to_vec()),
        None => text.into_bytes(),
    }
}
