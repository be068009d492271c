;; Has two memories in one module, and says how many pages both got when they were let grow on.
(component
  (core module $m
    (memory $a 1)
    (memory $b 1)
    (func (export "grow") (result i32)
      (block $full (loop $more
        (br_if $full (i32.eq (memory.grow $a (i32.const 1)) (i32.const -1)))
        (br $more)))
      (block $full (loop $more
        (br_if $full (i32.eq (memory.grow $b (i32.const 1)) (i32.const -1)))
        (br $more)))
      (i32.add (memory.size $a) (memory.size $b))))
  (core instance $i (instantiate $m))
  (func (export "grow") (result u32) (canon lift (core func $i "grow"))))
