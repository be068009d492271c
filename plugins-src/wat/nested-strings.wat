;; Two components inside, of which one passes the other a text. Its adapter needs two memories, and
;; wasmtime 50 panics while compiling it if they are not allowed.
(component
  (component $inner
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
      (func (export "length") (param i32 i32) (result i32) (local.get 1)))
    (core instance $i (instantiate $m))
    (func (export "length") (param "text" string) (result u32)
      (canon lift (core func $i "length")
        (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
  (component $outer
    (import "length" (func $length (param "text" string) (result u32)))
    (core module $memory
      (memory (export "memory") 1)
      (data (i32.const 8) "seven.."))
    (core instance $j (instantiate $memory))
    (core func $lowered (canon lower (func $length) (memory (core memory $j "memory"))))
    (core module $m
      (import "" "length" (func $length (param i32 i32) (result i32)))
      (func (export "go") (result i32) (call $length (i32.const 8) (i32.const 7))))
    (core instance $i (instantiate $m (with "" (instance (export "length" (func $lowered))))))
    (func (export "go") (result u32) (canon lift (core func $i "go"))))
  (instance $a (instantiate $inner))
  (instance $b (instantiate $outer (with "length" (func $a "length"))))
  (func (export "go") (alias export $b "go")))
