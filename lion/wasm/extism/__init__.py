"""Look here if you want to know how an Extism plug-in, a core module, becomes a component."""
