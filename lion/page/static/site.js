// What every page does: pings the kernel, and counts the records that come while it is open.
"use strict";
const ping = document.getElementById("ping");
ping?.addEventListener("click", async () => {
  const began = performance.now();
  const answer = await fetch("/ping");
  const took = `${(performance.now() - began).toFixed(1)} ms`;
  document.getElementById("pong").value = answer.ok ? took : `no answer: ${answer.status}`;
});
const records = document.getElementById("records");
if (records) {
  const events = new EventSource("/events?type=CallFinished,AgentPartialOutput,TaskEnded");
  const count = () => { records.textContent = String(Number(records.textContent) + 1); };
  for (const type of ["CallFinished", "AgentPartialOutput", "TaskEnded"]) events.addEventListener(type, count);
}
