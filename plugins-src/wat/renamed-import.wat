;; Imports kv with a signature that it does not have: `get` gives a number.
(component
  (import "lion:host/kv@0.1.0" (instance $kv (export "get" (func (param "key" string) (result u64)))))
  (core module $m (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
