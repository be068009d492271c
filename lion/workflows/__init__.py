"""Look here if you want to know which step of a workflow is done next, and why: strategies,
and the expressions that they decide by.

Rule: this room is pure: it is told what happened and says what to do, without a clock, a file or a
kernel; who does it is lion/conductor.
"""
