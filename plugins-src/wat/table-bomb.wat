;; Grows a table, by a thousand elements and doubling, until it is refused; then traps.
(component
  (core module $m
    (table $t 1 funcref)
    (func (export "bomb") (local $step i32)
      (local.set $step (i32.const 1000))
      (loop $more
        (if (i32.eq (table.grow $t (ref.null func) (local.get $step)) (i32.const -1)) (then unreachable))
        (local.set $step (i32.mul (local.get $step) (i32.const 2)))
        (br $more))))
  (core instance $i (instantiate $m))
  (func (export "bomb") (canon lift (core func $i "bomb"))))
