// What if: the last runs' calls are judged again by the policy that stands in the page.
const { lion } = window
const one = what => document.querySelector(what)
const form = one("#what-if"), text = one("#wp"), came = one("#what-came")
const cell = (words, css = "") => { const put = document.createElement("td"); put.textContent = words; put.className = css; return put }
const verdict = word => {
  const put = document.createElement("td"), mark = document.createElement("span")
  mark.className = `mark ${{ allow: "allowed", deny: "denied" }[word] ?? "waiting"}`
  mark.textContent = `${{ allow: "✓ allowed", deny: "⊘ denied" }[word] ?? word}`
  put.append(mark)
  return put
}
const decide = async () => {
  came.textContent = "under way"
  const found = await lion.ask("POST", "/api/audit/what-if", { policy: text.value })
  if (!found) { came.textContent = "not decided"; return }
  const rows = found.runs.flatMap(run => (run.changes ?? []).map(change => ({ run: run.run, ...change })))
  const count = found.runs.reduce((sum, run) => sum + (run.changed ?? 0), 0), calls = found.runs.reduce((sum, run) => sum + (run.calls ?? 0), 0)
  came.textContent = `${count.toLocaleString("en")} of ${calls.toLocaleString("en")} calls in ${found.runs.length} runs would be decided otherwise`
  one("#changed").hidden = false
  one("#changed-of").textContent = came.textContent
  one("#changes").replaceChildren(...rows.slice(0, 500).map(change => {
    const row = document.createElement("tr"), at = document.createElement("td"), link = document.createElement("a")
    link.href = `/run/${change.run}`
    link.textContent = change.run.slice(0, 8)
    at.className = "mono"
    at.append(link)
    const times = change.times > 1 ? ` (${change.times} times)` : ""
    row.append(at, cell(change.holder), cell(`${change.capability} ${change.operation} ${change.target}${times}`, "wrap mono"), verdict(change.before), verdict(change.after), cell(change.reason, "wrap"))
    return row
  }))
  if (!rows.length) { const row = document.createElement("tr"), none = cell("Every call would be decided as it was."); none.colSpan = 6; row.append(none); one("#changes").append(row) }
  one("#apply").hidden = false
}
form.addEventListener("submit", event => { event.preventDefault(); decide() })
text.addEventListener("keydown", event => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) decide() })
one("#copy-policy").addEventListener("click", async event => {
  try { await navigator.clipboard.writeText(text.value); event.target.textContent = "Copied" } catch { text.select(); event.target.textContent = "Selected" }
})
lion.keys.w = event => { event.preventDefault(); text.focus() }
