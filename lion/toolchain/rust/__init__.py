"""Look here if you want to know how Rust becomes a component."""
