;; Uses an instruction of relaxed SIMD, whose result depends on the machine.
(component
  (core module $m
    (func (param v128 v128 v128) (result v128)
      (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))
    (func (export "nop")))
  (core instance $i (instantiate $m))
  (func (export "nop") (canon lift (core func $i "nop"))))
