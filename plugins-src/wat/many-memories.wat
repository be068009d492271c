;; Has three memories in three modules: a limit of bytes for each memory is not a limit of them all.
(component
  (core module $m (memory 1))
  (core instance (instantiate $m))
  (core instance (instantiate $m))
  (core module $n (memory 1) (func (export "nop")))
  (core instance $i (instantiate $n))
  (func (export "nop") (canon lift (core func $i "nop"))))
