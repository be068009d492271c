"""Tests of `import lion`: what other programs use."""
