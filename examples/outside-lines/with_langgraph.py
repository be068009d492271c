"""A graph of LangGraph's (`pip install langgraph`) as an agent of lion's: in manifest.toml write

command = ["python3", "with_langgraph.py"]
"""

from typing import TypedDict

import lion_agent
from langgraph.graph import END, START, StateGraph


class State(TypedDict, total=False):
    task: str
    total: float
    text: str


def add(state: State) -> State:
    """A node that calls a tool."""
    return {"total": lion_agent.call("calculator.add", a=17, b=25)}


def write(state: State) -> State:
    """A node that asks a model."""
    question = f"{state['task']} The sum is {state['total']}."
    answer = lion_agent.ask("fast", [{"role": "user", "content": question}])
    return {"text": answer["text"]}


graph = StateGraph(State)
graph.add_node("add", add)
graph.add_node("write", write)
graph.add_edge(START, "add")
graph.add_edge("add", "write")
graph.add_edge("write", END)
came = graph.compile().invoke({"task": lion_agent.task()})
lion_agent.done(came["text"], {"total": came["total"]})
