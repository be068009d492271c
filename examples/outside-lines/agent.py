"""An agent that lion starts and speaks with, in any Python: what it imports, lion brings.

lion run examples/outside-lines/manifest.toml
"""

import lion_agent

task = lion_agent.task()
lion_agent.show("I add first.\n")
total = lion_agent.call("calculator.add", a=17, b=25)
question = [{"role": "user", "content": f"{task} The sum is {total}."}]
answer = lion_agent.ask("fast", question, max_tokens=500)
lion_agent.call("notebook.write", title="sum", text=answer["text"])
lion_agent.done(answer["text"], {"total": total})
