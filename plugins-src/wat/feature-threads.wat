;; Uses a shared memory.
(component
  (core module $m
    (memory 1 1 shared)
    (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
