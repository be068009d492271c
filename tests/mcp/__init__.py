"""Tests of lion as a server and as a client of the Model Context Protocol."""
