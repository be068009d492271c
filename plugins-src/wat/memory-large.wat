;; Declares a memory of 4 GiB.
(component
  (core module $m
    (memory 65536)
    (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
