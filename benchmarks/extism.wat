;; The same work as plugins-src/mirror, for Extism: what its PDK does for a guest, written by hand.
;; A value of text goes to a block of Extism's memory and comes from one, eight bytes at a time; blocks are freed.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "free" (func $free (param i64)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "load_u64" (func $load_u64 (param i64) (result i64)))
  (import "extism:host/env" "load_u8" (func $load_u8 (param i64) (result i32)))
  (import "extism:host/env" "store_u64" (func $store_u64 (param i64 i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "input_load_u64" (func $input_load_u64 (param i64) (result i64)))
  (import "extism:host/env" "input_load_u8" (func $input_load_u8 (param i64) (result i32)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (import "extism:host/user" "fetch" (func $fetch (param i64) (result i64)))
  (import "extism:host/user" "add" (func $add (param i32 i32) (result i32)))
  (memory (export "memory") 4)

  ;; The whole input to address 0; its size.
  (func $read_input (result i64)
    (local $n i64) (local $i i64)
    (local.set $n (call $input_length))
    (block $words_end (loop $words
      (br_if $words_end (i64.gt_u (i64.add (local.get $i) (i64.const 8)) (local.get $n)))
      (i64.store (i32.wrap_i64 (local.get $i)) (call $input_load_u64 (local.get $i)))
      (local.set $i (i64.add (local.get $i) (i64.const 8)))
      (br $words)))
    (block $end (loop $bytes
      (br_if $end (i64.ge_u (local.get $i) (local.get $n)))
      (i32.store8 (i32.wrap_i64 (local.get $i)) (call $input_load_u8 (local.get $i)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br $bytes)))
    (local.get $n))

  ;; $n bytes at $from to a new block; where it is.
  (func $give (param $from i32) (param $n i64) (result i64)
    (local $block i64) (local $i i64)
    (local.set $block (call $alloc (local.get $n)))
    (block $words_end (loop $words
      (br_if $words_end (i64.gt_u (i64.add (local.get $i) (i64.const 8)) (local.get $n)))
      (call $store_u64 (i64.add (local.get $block) (local.get $i))
        (i64.load (i32.add (local.get $from) (i32.wrap_i64 (local.get $i)))))
      (local.set $i (i64.add (local.get $i) (i64.const 8)))
      (br $words)))
    (block $end (loop $bytes
      (br_if $end (i64.ge_u (local.get $i) (local.get $n)))
      (call $store_u8 (i64.add (local.get $block) (local.get $i))
        (i32.load8_u (i32.add (local.get $from) (i32.wrap_i64 (local.get $i)))))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br $bytes)))
    (local.get $block))

  ;; A whole block to address $to, and free it; its size.
  (func $take (param $block i64) (param $to i32) (result i64)
    (local $n i64) (local $i i64)
    (local.set $n (call $length (local.get $block)))
    (block $words_end (loop $words
      (br_if $words_end (i64.gt_u (i64.add (local.get $i) (i64.const 8)) (local.get $n)))
      (i64.store (i32.add (local.get $to) (i32.wrap_i64 (local.get $i)))
        (call $load_u64 (i64.add (local.get $block) (local.get $i))))
      (local.set $i (i64.add (local.get $i) (i64.const 8)))
      (br $words)))
    (block $end (loop $bytes
      (br_if $end (i64.ge_u (local.get $i) (local.get $n)))
      (i32.store8 (i32.add (local.get $to) (i32.wrap_i64 (local.get $i)))
        (call $load_u8 (i64.add (local.get $block) (local.get $i))))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br $bytes)))
    (call $free (local.get $block))
    (local.get $n))

  (func (export "nop") (result i32) (i32.const 0))

  ;; Output is input.
  (func (export "text") (result i32)
    (local $n i64)
    (local.set $n (call $read_input))
    (call $output_set (call $give (i32.const 0) (local.get $n)) (local.get $n))
    (i32.const 0))

  ;; Input is a count (u64) and a text: calls fetch with the text that often. Output is how many bytes came (u64).
  (func (export "fetch_n") (result i32)
    (local $n i64) (local $size i64) (local $sent i64) (local $sum i64)
    (local.set $size (i64.sub (call $read_input) (i64.const 8)))
    (local.set $n (i64.load (i32.const 0)))
    (block $end (loop $calls
      (br_if $end (i64.eqz (local.get $n)))
      (local.set $sent (call $give (i32.const 8) (local.get $size)))
      (local.set $sum (i64.add (local.get $sum)
        (call $take (call $fetch (local.get $sent)) (i32.const 131072))))
      (call $free (local.get $sent))
      (local.set $n (i64.sub (local.get $n) (i64.const 1)))
      (br $calls)))
    (i64.store (i32.const 0) (local.get $sum))
    (call $output_set (call $give (i32.const 0) (i64.const 8)) (i64.const 8))
    (i32.const 0))

  ;; Input is a count (u64): calls add that often. Output is the sum (u64).
  (func (export "call_n") (result i32)
    (local $n i64) (local $at i32) (local $sum i32)
    (drop (call $read_input))
    (local.set $n (i64.load (i32.const 0)))
    (block $end (loop $calls
      (br_if $end (i64.eqz (local.get $n)))
      (local.set $sum (call $add (local.get $sum) (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $n (i64.sub (local.get $n) (i64.const 1)))
      (br $calls)))
    (i64.store (i32.const 0) (i64.extend_i32_u (local.get $sum)))
    (call $output_set (call $give (i32.const 0) (i64.const 8)) (i64.const 8))
    (i32.const 0)))
