;; Has twenty-four memories: a component of three, eight times.
(component
  (component $three
    (core module $m (memory 1))
    (core instance (instantiate $m))
    (core instance (instantiate $m))
    (core instance (instantiate $m)))
  (component $six
    (alias outer 1 $three (component $c))
    (instance (instantiate $c))
    (instance (instantiate $c)))
  (instance (instantiate $six))
  (instance (instantiate $six))
  (instance (instantiate $six))
  (instance (instantiate $six))
  (core module $n (func (export "nop")))
  (core instance $i (instantiate $n))
  (func (export "nop") (canon lift (core func $i "nop"))))
