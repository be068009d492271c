;; Traps while it is instantiated.
(component
  (core module $m
    (func $start unreachable)
    (start $start)
    (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
