;; A component that exports nothing: neither a plugin nor an agent.
(component)
