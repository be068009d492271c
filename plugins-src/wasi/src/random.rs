//! `wasi:random`: ChaCha20 (RFC 8439), keyed once with the host's randomness, so that a program which draws much
//! is one record. What is called insecure is as good.

use std::cell::RefCell;

use crate::exports::wasi::random::{insecure, insecure_seed, random};
use crate::lion::host::random::bytes;
use crate::{need, Wasi};

const KEY: usize = 32;
const BLOCK: usize = 64;

struct Stream {
    state: [u32; 16],
    left: Vec<u8>,
}

thread_local! {
    static STREAM: RefCell<Option<Stream>> = const { RefCell::new(None) };
}

fn quarter(s: &mut [u32; 16], a: usize, b: usize, c: usize, d: usize) {
    for (x, y, z, bits) in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)] {
        s[x] = s[x].wrapping_add(s[y]);
        s[z] = (s[z] ^ s[x]).rotate_left(bits);
    }
}

impl Stream {
    fn begin() -> Self {
        let key = need("random.bytes", bytes(KEY as u32));
        let mut state = [0u32; 16];
        state[..4].copy_from_slice(&[0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
        for (word, part) in state[4..12].iter_mut().zip(key.chunks_exact(4)) {
            *word = u32::from_le_bytes([part[0], part[1], part[2], part[3]]);
        }
        Stream { state, left: Vec::new() }
    }

    fn block(&mut self) -> [u8; BLOCK] {
        let mut s = self.state;
        for _ in 0..10 {
            for i in 0..4 {
                quarter(&mut s, i, 4 + i, 8 + i, 12 + i);
            }
            for i in 0..4 {
                quarter(&mut s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
            }
        }
        let mut out = [0; BLOCK];
        for (i, part) in out.chunks_exact_mut(4).enumerate() {
            part.copy_from_slice(&s[i].wrapping_add(self.state[i]).to_le_bytes());
        }
        let (low, carried) = self.state[12].overflowing_add(1);
        self.state[12] = low;
        self.state[13] = self.state[13].wrapping_add(carried as u32);
        out
    }
}

fn draw(length: u64) -> Vec<u8> {
    let length = length as usize;
    STREAM.with_borrow_mut(|stream| {
        let stream = stream.get_or_insert_with(Stream::begin);
        while stream.left.len() < length {
            let block = stream.block();
            stream.left.extend_from_slice(&block);
        }
        stream.left.drain(..length).collect()
    })
}

fn number() -> u64 {
    draw(8).iter().rev().fold(0, |value, byte| value << 8 | *byte as u64)
}

impl random::Guest for Wasi {
    fn get_random_bytes(length: u64) -> Vec<u8> {
        draw(length)
    }

    fn get_random_u64() -> u64 {
        number()
    }
}

impl insecure::Guest for Wasi {
    fn get_insecure_random_bytes(length: u64) -> Vec<u8> {
        draw(length)
    }

    fn get_insecure_random_u64() -> u64 {
        number()
    }
}

impl insecure_seed::Guest for Wasi {
    fn insecure_seed() -> (u64, u64) {
        (number(), number())
    }
}
