"""Look here if you want to know which tests are about lion.testing."""
