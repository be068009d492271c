//! Bytes in text: packed as lion's interfaces have it, and as a data URL where people see it.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// How text begins that stands for bytes which are none, of an input as of an output.
const DATA: &str = "data:application/octet-stream;base64,";

fn encode(bytes: &[u8], into: &mut String) {
    for part in bytes.chunks(3) {
        let byte = |i: usize| *part.get(i).unwrap_or(&0) as u32;
        let value = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let letter = LETTERS[(value >> (18 - 6 * i) & 63) as usize] as char;
            into.push(if i <= part.len() { letter } else { '=' });
        }
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut value, mut bits) = (0u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        value = value << 6 | six as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((value >> bits) as u8);
        }
    }
    Some(bytes)
}

pub fn pack(bytes: &[u8]) -> String {
    if let Ok(text) = core::str::from_utf8(bytes) {
        return format!("{text}u");
    }
    let mut text = String::with_capacity(bytes.len() / 3 * 4 + 5);
    encode(bytes, &mut text);
    text.push('b');
    text
}

pub fn unpack(text: &str) -> Vec<u8> {
    match text.strip_suffix('b') {
        Some(coded) => decode(coded).unwrap_or_default(),
        None => text.strip_suffix('u').unwrap_or(text).as_bytes().to_vec(),
    }
}

/// Bytes that are no text, for the one who called.
pub fn to_data_url(bytes: &[u8]) -> String {
    let mut text = String::from(DATA);
    encode(bytes, &mut text);
    text
}

/// The bytes of an input that was written so.
pub fn from_data_url(text: &[u8]) -> Option<Vec<u8>> {
    decode(core::str::from_utf8(text.strip_prefix(DATA.as_bytes())?).ok()?)
}
