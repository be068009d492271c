"""Look here if you want to know how records are told in words, whoever shows them."""
