;; Answers a text that lies outside its memory.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "text") (result i32)
      (i32.store (i32.const 0) (i32.const 65530))
      (i32.store (i32.const 4) (i32.const 4096))
      (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "text") (result string) (canon lift (core func $i "text") (memory (core memory $i "memory")))))
