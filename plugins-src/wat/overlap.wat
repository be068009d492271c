;; Answers a list of texts that are all the same 64 KiB of memory: small for the guest, large for who copies it.
(component
  (core module $m
    (memory (export "memory") 64)
    ;; At 0: the answer (where the list is, how long). The list begins at 64 KiB, the text is the first 64 KiB.
    (func (export "overlap") (param $count i32) (result i32) (local $at i32) (local $end i32)
      (memory.fill (i32.const 16) (i32.const 120) (i32.const 65520))
      (local.set $at (i32.const 65536))
      (local.set $end (i32.add (local.get $at) (i32.mul (local.get $count) (i32.const 8))))
      (block $done
        (loop $more
          (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
          (i32.store (local.get $at) (i32.const 16))
          (i32.store offset=4 (local.get $at) (i32.const 65520))
          (local.set $at (i32.add (local.get $at) (i32.const 8)))
          (br $more)))
      (i32.store (i32.const 0) (i32.const 65536))
      (i32.store (i32.const 4) (local.get $count))
      (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "overlap") (param "count" u32) (result (list string))
    (canon lift (core func $i "overlap") (memory (core memory $i "memory")))))
