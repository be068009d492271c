;; Uses a memory of 64-bit addresses.
(component
  (core module $m
    (memory i64 1)
    (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
