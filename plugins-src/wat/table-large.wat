;; Declares a table of ten million elements.
(component
  (core module $m
    (table 10000000 funcref)
    (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
