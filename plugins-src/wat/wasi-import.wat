;; Imports an interface of WASI that lion does not have.
(component
  (import "wasi:logging/logging@0.1.0-draft" (instance $logging
    (export "log" (func (param "message" string)))))
  (core module $m (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
