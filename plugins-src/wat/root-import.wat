;; Imports a function without an interface.
(component
  (import "now" (func (result u64)))
  (core module $m (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
