"""Look here if you want to know what stands around the whole process when a guest has got out."""
