"""Look here if you want to know how secrets are bound, used and kept out of sight."""
