//! Values that are hard to take.

/// Sixteen lists deep.
pub type Nested = L<L<L<L<L<L<L<L<L<L<L<L<L<L<L<Vec<u8>>>>>>>>>>>>>>>>;
type L<T> = Vec<T>;

/// One byte in the innermost of sixteen lists.
pub fn nested() -> Nested {
    let two = vec![vec![7u8]];
    let four = vec![vec![two]];
    let eight = vec![vec![vec![vec![four]]]];
    vec![vec![vec![vec![vec![vec![vec![vec![eight]]]]]]]]
}

/// `[[[...]]]`
pub fn nested_json(depth: u32) -> String {
    ["[".repeat(depth as usize), "]".repeat(depth as usize)].concat()
}

/// A string that is none.
pub fn not_utf8() -> String {
    // Only handed to the host, which has to check.
    unsafe { String::from_utf8_unchecked(vec![b'a', 0xff, 0xc0, 0x80]) }
}
