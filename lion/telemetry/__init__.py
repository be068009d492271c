"""Look here if you want to know how runs are told to those who watch with tools of their own."""
