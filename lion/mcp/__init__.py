"""The Model Context Protocol: clients from outside use what a manifest grants them."""
