;; Adds 128-bit numbers.
(component
  (core module $m
    (func (result i64 i64)
      (i64.add128 (i64.const 1) (i64.const 0) (i64.const 2) (i64.const 0)))
    (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
