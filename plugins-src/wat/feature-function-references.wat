;; Calls through a typed reference.
(component
  (core module $m
    (type $f (func))
    (func (param (ref $f)) (call_ref $f (local.get 0)))
    (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
