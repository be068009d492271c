;; Has three memories in three instances: a limit of bytes for each memory is not a limit of them
;; all. Says how many pages they got when they were let grow on.
(component
  (core module $m
    (memory 1)
    (func (export "grow") (result i32)
      (block $full (loop $more
        (br_if $full (i32.eq (memory.grow (i32.const 1)) (i32.const -1)))
        (br $more)))
      (memory.size)))
  (core instance $x (instantiate $m))
  (core instance $y (instantiate $m))
  (core instance $z (instantiate $m))
  (core module $n
    (import "x" "grow" (func $x (result i32)))
    (import "y" "grow" (func $y (result i32)))
    (import "z" "grow" (func $z (result i32)))
    (func (export "grow") (result i32) (i32.add (i32.add (call $x) (call $y)) (call $z))))
  (core instance $i (instantiate $n
    (with "x" (instance $x))
    (with "y" (instance $y))
    (with "z" (instance $z))))
  (func (export "grow") (result u32) (canon lift (core func $i "grow"))))
