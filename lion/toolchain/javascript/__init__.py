"""Look here if you want to know how guests in JavaScript and TypeScript are built."""
