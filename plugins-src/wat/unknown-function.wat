;; Imports a function that an interface of the host does not have.
(component
  (import "lion:host/clock@0.1.0" (instance $clock (export "rewind" (func (param "duration" u64)))))
  (core module $m (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
