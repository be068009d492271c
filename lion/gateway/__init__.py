"""Look here if you want to know how agents of others use lion: the endpoints that frameworks speak
to, and programs that lion starts.
"""
