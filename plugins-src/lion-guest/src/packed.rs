//! Bytes in a string, as `lion:host/types` describes it: the last character says what the rest is.
//! `u`: the bytes themselves, which are UTF-8. `b`: base64, padded.

use crate::Error;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Text, at the price of a copy.
pub fn from_text(text: &str) -> String {
    [text, "u"].concat()
}

/// Bytes, as they are if they are UTF-8.
pub fn from_bytes(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => from_text(text),
        Err(_) => encode(bytes),
    }
}

/// What is packed. `invalid` if it is not packed at all.
pub fn to_bytes(packed: String) -> Result<Vec<u8>, Error> {
    let mut bytes = packed.into_bytes();
    match bytes.pop() {
        Some(b'u') => Ok(bytes),
        Some(b'b') => decode(&bytes).ok_or_else(|| Error::Invalid("packed: not base64".into())),
        _ => Err(Error::Invalid("packed: it ends with neither u nor b".into())),
    }
}

/// What is packed, as text. `invalid` if it is not UTF-8.
pub fn to_text(packed: String) -> Result<String, Error> {
    String::from_utf8(to_bytes(packed)?).map_err(|_| Error::Invalid("packed: not UTF-8".into()))
}

fn encode(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(bytes.len().div_ceil(3) * 4 + 1);
    for group in bytes.chunks(3) {
        let mut three = [0u8; 3];
        three[..group.len()].copy_from_slice(group);
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= group.len() { digit } else { b'=' });
        }
    }
    text.push(b'b');
    text.iter().map(|&byte| byte as char).collect()
}

fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if text.len() % 4 != 0 {
        return None;
    }
    let pads = text.iter().rev().take_while(|&&byte| byte == b'=').count();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for group in text.chunks(4) {
        let mut bits = 0u32;
        for &byte in group {
            bits = bits << 6 | digit(byte)?;
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    if pads > 2 || text[..text.len() - pads].contains(&b'=') {
        return None;
    }
    bytes.truncate(bytes.len() - pads);
    Some(bytes)
}

fn digit(byte: u8) -> Option<u32> {
    match byte {
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'a'..=b'z' => Some(u32::from(byte - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        b'=' => Some(0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back() {
        for length in 0..70usize {
            let bytes: Vec<u8> = (0..length).map(|at| (at * 151 + 200) as u8).collect();
            assert_eq!(to_bytes(from_bytes(&bytes)).unwrap(), bytes);
        }
    }

    #[test]
    fn text_is_copied_and_other_bytes_are_base64() {
        assert_eq!(from_bytes("grüße".as_bytes()), "grüßeu");
        assert_eq!(from_bytes(&[255, 254]), "//4=b");
        assert_eq!(to_text(from_text("")).unwrap(), "");
    }

    #[test]
    fn what_is_not_packed_is_refused() {
        for bad in ["", "text", "abcb", "a=bcb", "====b", "ab=cb", "é==b"] {
            assert!(to_bytes(bad.into()).is_err(), "{bad}");
        }
    }
}
