;; Throws an exception.
(component
  (core module $m
    (tag $oops)
    (func (throw $oops))
    (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
