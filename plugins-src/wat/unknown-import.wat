;; Imports an interface that no host has.
(component
  (import "lion:host/teleport@0.1.0" (instance $teleport (export "beam" (func (param "who" string)))))
  (core module $m (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
