;; Exports `run` with another signature than an agent's.
(component
  (core module $m (func (export "run") (param i32) (result i32) (local.get 0)))
  (core instance $i (instantiate $m))
  (func (export "run") (param "task" u32) (result u32) (canon lift (core func $i "run"))))
