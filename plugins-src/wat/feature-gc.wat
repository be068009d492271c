;; Uses a struct on the garbage-collected heap.
(component
  (core module $m
    (type $pair (struct (field i32) (field i32)))
    (func (drop (struct.new $pair (i32.const 1) (i32.const 2))))
    (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
