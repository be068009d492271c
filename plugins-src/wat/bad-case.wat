;; Answers a variant whose case does not exist.
(component
  (core module $m
    (func (export "pick") (result i32) (i32.const 7)))
  (core instance $i (instantiate $m))
  (type $color' (enum "red" "green"))
  (export $color "color" (type $color'))
  (func $pick (result $color) (canon lift (core func $i "pick")))
  (export "pick" (func $pick)))
