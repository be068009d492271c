;; Uses two memories in one module.
(component
  (core module $m
    (memory 1)
    (memory 1)
    (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
