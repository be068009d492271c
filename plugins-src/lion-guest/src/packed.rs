//! Bytes in a string, as `lion:host/types` describes it: the last character says what the rest is.
//! `u`: the bytes themselves, which are UTF-8. `b`: base64, padded.

use crate::Error;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// What no digit means.
const NONE: u8 = 64;
/// By a byte what it means as a digit.
const VALUES: [u8; 256] = values();

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

const fn values() -> [u8; 256] {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < DIGITS.len() {
        values[DIGITS[value] as usize] = value as u8;
        value += 1;
    }
    values
}

fn encode(bytes: &[u8]) -> String {
    let mut text = vec![b'='; bytes.len().div_ceil(3) * 4 + 1];
    let groups = bytes.chunks_exact(3);
    let (rest, whole) = (groups.remainder(), bytes.len() / 3 * 4);
    for (three, four) in groups.zip(text.chunks_exact_mut(4)) {
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        four.copy_from_slice(&[digit(bits >> 18), digit(bits >> 12), digit(bits >> 6), digit(bits)]);
    }
    if let [first, others @ ..] = rest {
        let bits = u32::from_be_bytes([0, *first, others.first().copied().unwrap_or(0), 0]);
        for place in 0..=rest.len() {
            text[whole + place] = digit(bits >> (18 - 6 * place));
        }
    }
    *text.last_mut().expect("there is room for the last character") = b'b';
    String::from_utf8(text).expect("digits are ASCII")
}

fn digit(bits: u32) -> u8 {
    DIGITS[(bits & 63) as usize]
}

fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if text.len() % 4 != 0 {
        return None;
    }
    let pads = text.iter().rev().take_while(|&&byte| byte == b'=').count();
    if pads > 2 {
        return None;
    }
    let mut bytes = vec![0; text.len() / 4 * 3];
    let (whole, last) = text.split_at(if pads == 0 { text.len() } else { text.len() - 4 });
    let mut seen = 0;
    for (four, three) in whole.chunks_exact(4).zip(bytes.chunks_exact_mut(3)) {
        let [a, b, c, d] = [0, 1, 2, 3].map(|at| VALUES[four[at] as usize]);
        seen |= a | b | c | d;
        let bits = u32::from(a) << 18 | u32::from(b) << 12 | u32::from(c) << 6 | u32::from(d);
        three.copy_from_slice(&bits.to_be_bytes()[1..]);
    }
    if !last.is_empty() {
        let mut bits = 0;
        for &byte in &last[..4 - pads] {
            let value = VALUES[byte as usize];
            seen |= value;
            bits = bits << 6 | u32::from(value);
        }
        let at = whole.len() / 4 * 3;
        bytes[at..].copy_from_slice(&(bits << (6 * pads)).to_be_bytes()[1..]);
    }
    bytes.truncate(bytes.len() - pads);
    (seen < NONE).then_some(bytes)
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
