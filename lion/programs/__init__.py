"""Look here if you want to know how programs of others, which no sandbox holds, are heard and
ended: servers of MCP, agents.
"""
