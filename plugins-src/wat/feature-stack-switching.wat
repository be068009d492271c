;; Makes a continuation.
(component
  (core module $m
    (type $f (func))
    (type $k (cont $f))
    (func $go (type $f))
    (elem declare func $go)
    (func (drop (cont.new $k (ref.func $go))))
    (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
