"""Look here if you want to know what people see: a module for each screen."""
