// One run on the live page: views by keys, why a record is there, verify, replay, what comes while one looks.
const { lion, views } = window
const head = document.querySelector(".head"), run = head.dataset.run
const one = what => document.querySelector(what)
const tabs = [...document.querySelectorAll("[role=tab]")]

lion.after.push(() => views?.move())
const fetchPart = async to => {
  try {
    const answer = await fetch(to, { headers: { accept: "text/html" } })
    if (!answer.ok) { const came = await answer.json().catch(() => null); return [null, came?.detail ?? `refused with ${answer.status}`] }
    return [new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-fragment]"), ""]
  } catch { return [null, "The service does not answer."] }
}

// Why: asked for when one wants it, of the record that is chosen.
const why = one("#why")
const seqOf = () => Number(one("#at")?.textContent)
const explain = async () => {
  const seq = seqOf()
  if (!seq) return
  const [part, words] = await fetchPart(`/run/${run}/explain/${seq}`)
  if (seq !== seqOf()) return
  if (part) why.replaceChildren(document.importNode(part, true))
  else why.replaceChildren(Object.assign(document.createElement("p"), { className: "body denied", textContent: words }))
}
one("#explain")?.addEventListener("click", explain)
if (Number(head.dataset.record)) explain()
const fork = one("#fork")
const forked = () => { if (fork) fork.textContent = `lion fork ${fork.dataset.run} --at ${seqOf()}` }
one("#record")?.addEventListener("input", forked)
forked()

// Long runs: who could do what is asked for when somebody looks.
const authority = one("#authority")
tabs.find(tab => tab.getAttribute("aria-controls") === "authority")?.addEventListener("click", async () => {
  if (!authority || authority.querySelector("tbody tr, .empty")) return
  const [part, words] = await fetchPart(`/run/${run}/authority`)
  if (part) authority.replaceChildren(...document.importNode(part, true).childNodes)
  else lion.tell(words)
})

// Verify and replay: their verdicts stand where they were asked for.
const said = (place, tone, words, more) => {
  const mark = document.createElement("span"), rest = document.createElement("span")
  mark.className = `mark ${tone}`
  mark.textContent = `${{ allowed: "✓", denied: "⊘", quiet: "…" }[tone]} ${words}`
  rest.className = "dim"
  rest.textContent = ` ${more}`
  place.replaceChildren(mark, rest)
}
const prove = async (name, place, found) => {
  const button = one(`#${name}`)
  if (!button || button.disabled) return
  button.disabled = true
  said(place, "quiet", "under way", "")
  const came = await lion.ask("POST", `/api/runs/${run}/${name}`, {})
  button.disabled = false
  if (came) found(came)
  else said(place, "denied", "no", one("#trouble").textContent)
}
const verify = () => prove("verify", one("#verified"), came => said(one("#verified"), "allowed", "verified", `${came.records.toLocaleString("en")} records, head ${came.head.slice(0, 12)}…`))
const replay = () => prove("replay", one("#replayed"), came => came.identical
  ? said(one("#replayed"), "allowed", "identical", `${came.calls.toLocaleString("en")} calls, ${(came.wall_ns / 1e9).toFixed(2)} s`)
  : said(one("#replayed"), "denied", "goes otherwise", JSON.stringify(came.difference).slice(0, 300)))
one("#verify")?.addEventListener("click", verify)
one("#replay")?.addEventListener("click", replay)

// What is to be copied.
document.addEventListener("click", async event => {
  const button = event.target.closest("[data-copy]")
  if (!button) return
  const text = document.getElementById(button.dataset.copy).textContent
  try { await navigator.clipboard.writeText(text); button.textContent = "Copied" } catch { getSelection().selectAllChildren(document.getElementById(button.dataset.copy)); button.textContent = "Selected" }
})

// News of a run that works: rows join the log; what is drawn stays until one asks.
const news = one("#news"), body = one("#records")
let came = 0
lion.frames.push(frame => {
  const rows = (frame.log ?? []).filter(row => row[0] === run)
  const last = Number(body?.rows[body.rows.length - 1]?.cells[0].textContent ?? 0)
  const fresh = rows.filter(row => row[1] > last)
  if (!fresh.length || head.dataset.live !== "1") return
  came += fresh.length
  news.hidden = false
  news.querySelector("span").textContent = `${came.toLocaleString("en")} more records have come`
})

lion.keys.e = explain
lion.keys.v = verify
lion.keys.p = replay
tabs.forEach((tab, at) => { lion.keys[at + 1] = () => tab.click() })
lion.keys["["] = () => { views.step(-1); forked() }
lion.keys["]"] = () => { views.step(1); forked() }
