;; Imports a version of an interface that does not exist yet.
(component
  (import "lion:host/clock@9.0.0" (instance $clock (export "now" (func (result u64)))))
  (core module $m (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
