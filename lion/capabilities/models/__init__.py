"""Look here if you want to know how a language model is asked, whoever serves it.

Rule: a provider tells what a model says as events (events.py) and raises CallError; nothing of its
wire leaves its own file.
Rule: order, usage and what is missing are set right in one place (relay.py), for every provider.
"""
