// What every screen needs: news, parts that change in place, buttons that ask the API, keys, dark or light.
// Nothing that comes is markup but lion's own screens, which were escaped on the server; whatever a guest says is text.
const root = document.documentElement
const one = (what, within = document) => within.querySelector(what)
const all = (what, within = document) => [...within.querySelectorAll(what)]
const console_ = { frames: [], keys: {}, before: [], after: [] }
window.lion = console_

// Dark or light: what was chosen stays, in this browser.
const kept = name => { try { return localStorage.getItem(name) } catch { return null } }
const keep = (name, value) => { try { localStorage.setItem(name, value) } catch { /* a browser that keeps nothing */ } }
if (kept("theme")) root.dataset.theme = kept("theme")
const turn = () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches
  root.dataset.theme = dark ? "light" : "dark"
  keep("theme", root.dataset.theme)
}
one("#theme").addEventListener("click", turn)

// What went wrong is said in one place, and goes when something goes right.
const trouble = one("#trouble")
const tell = words => { trouble.textContent = words; trouble.hidden = !words }
const link = one("#link")
const linked = (words, tone) => { link.textContent = words; link.className = `mark ${tone}` }

// Asking the API. Answers with what came, or null after it told what went wrong.
const ask = async (method, to, body) => {
  let answer
  try {
    answer = await fetch(to, { method, headers: body === undefined ? {} : { "content-type": "application/json" }, body: body === undefined ? undefined : JSON.stringify(body) })
  } catch {
    tell("The service does not answer. It was not done, or nobody knows; look again once it is there.")
    return null
  }
  let came = null
  try { came = await answer.json() } catch { /* an answer without words */ }
  if (answer.ok) { tell(""); return came ?? {} }
  if (answer.status === 409 && came?.accept) return came
  tell([came?.detail ?? `refused with ${answer.status}`, came?.hint].filter(Boolean).join(". "))
  return null
}
console_.ask = ask
console_.tell = tell

// Parts: the screen is asked for again, and what changed is put in its place. What one types in, and streams, stay.
const before = new WeakMap()
const remember = within => { for (const part of all("[data-part], [data-key]:not([data-each])", within)) before.set(part, part.outerHTML) }
remember(document)
const busy = part => part.contains(document.activeElement) && document.activeElement !== document.body && part !== document.activeElement
const swap = (old, made) => {
  const text = made.outerHTML
  if (before.get(old) === text) return old
  if (busy(old) && document.activeElement.matches("input, textarea, select") && document.activeElement.value) return old
  const at = busy(old) ? all("a, button, input, select, textarea, summary", old).indexOf(document.activeElement) : -1
  const put = document.importNode(made, true)
  before.set(put, text)
  old.replaceWith(put)
  if (at >= 0) all("a, button, input, select, textarea, summary", put)[at]?.focus()
  return put
}
const syncParts = (old, made) => {
  for (const part of all("[data-part]", made)) {
    const own = all("[data-part]", old).find(each => each.dataset.part === part.dataset.part)
    if (own) swap(own, part)
  }
}
const syncList = (old, made) => {
  const own = new Map([...old.children].map(child => [child.dataset.key, child]))
  old.className = made.className
  let last = null
  for (const child of made.children) {
    let put = own.get(child.dataset.key)
    own.delete(child.dataset.key)
    if (!put) { put = document.importNode(child, true); before.set(put, child.outerHTML); remember(put) }
    else if ("each" in child.dataset) syncParts(put, child)
    else put = swap(put, child)
    const place = last ? last.nextElementSibling : old.firstElementChild
    if (place !== put) old.insertBefore(put, place)
    last = put
  }
  for (const gone of own.values()) if (!busy(gone)) gone.remove()
}
const sync = async () => {
  let text
  try {
    const answer = await fetch(location.pathname + location.search, { headers: { accept: "text/html" } })
    if (answer.status === 401 || answer.status === 403) { linked("signed out", "denied"); tell("You are signed out. Open the address that lion serve prints."); return }
    if (!answer.ok) return
    text = await answer.text()
  } catch { return }
  const made = new DOMParser().parseFromString(text, "text/html")
  for (const list of all("[data-list]", made)) {
    const own = one(`[data-list="${list.dataset.list}"]`)
    if (own) syncList(own, list)
  }
  for (const part of all("[data-part]", made)) {
    if (part.closest("[data-list]")) continue
    const own = one(`[data-part="${part.dataset.part}"]`)
    if (own) swap(own, part)
  }
  for (const each of console_.after) each()
}
// Often asked, done at most once a second.
let due = null, last = 0
const soon = () => {
  if (due !== null) return
  due = setTimeout(async () => { last = performance.now(); await sync(); due = null }, Math.max(60, 1000 - (performance.now() - last)))
}
console_.sync = soon

// News: one stream of what is new; after a break everything is looked at again.
let version = -1, news = null, tries = 0
const hear = () => {
  news = new EventSource("/live/feed")
  news.onopen = () => { tries = 0; version = -1; linked("live", "streaming") }
  news.onmessage = event => {
    const frame = JSON.parse(event.data)
    for (const each of console_.frames) each(frame)
    if (frame.version !== version) { if (version !== -1 || tries || wasCut) soon(); version = frame.version; wasCut = false }
  }
  news.onerror = () => {
    linked("no answer, trying again", "waiting")
    wasCut = true
    for (const each of console_.before) each()
    if (news.readyState === EventSource.CLOSED) setTimeout(hear, Math.min(8000, 500 * 2 ** tries++))
  }
}
let wasCut = false
hear()
addEventListener("pagehide", () => news?.close())
addEventListener("pageshow", event => { if (event.persisted) hear() })

// Buttons that do something: what is hard to take back is asked for twice.
const armed = new WeakMap()
const disarm = button => { if (armed.has(button)) { button.replaceChildren(...armed.get(button)); armed.delete(button) } }
const press = async button => {
  if ((button.dataset.do === "DELETE" || "sure" in button.dataset) && !armed.get(button)) {
    armed.set(button, [...button.childNodes])
    button.textContent = button.dataset.sure || "Sure?"
    setTimeout(() => disarm(button), 4000)
    return
  }
  disarm(button)
  button.disabled = true
  const words = button.closest("[data-words]")?.querySelector("input, textarea")?.value
  const body = button.dataset.body ? JSON.parse(button.dataset.body) : undefined
  if (words && body) body.words = words
  const came = await ask(button.dataset.do, button.dataset.to, body)
  button.disabled = false
  if (came && button.dataset.show) show(button.dataset.show, came)
  if (came) soon()
}
const show = (where, came) => {
  const place = document.getElementById(where)
  if (!place) return
  place.hidden = false
  place.textContent = typeof came === "string" ? came : JSON.stringify(came, null, 2)
}
console_.show = show
document.addEventListener("click", event => {
  const button = event.target.closest("[data-do]")
  if (button) press(button)
})

// Forms that are sent as JSON: names with dots are values within values; numbers may be in another unit.
const read = form => {
  const found = {}
  for (const field of form.elements) {
    if (!field.name || field.disabled || (field.type === "checkbox" && !field.dataset.both && !field.checked)) continue
    let value = field.type === "checkbox" ? field.checked : field.value
    if (value === "" && !field.required) continue
    if (field.type === "number" || field.dataset.as === "number") value = Number(value) * Number(field.dataset.scale ?? 1)
    if (field.dataset.as === "json") { try { value = JSON.parse(value) } catch { tell(`${field.name.split(".").pop()} is no JSON: write a text as "..."`); field.focus(); return null } }
    const path = field.name.split("."), end = path.pop()
    path.reduce((at, key) => (at[key] ??= {}), found)[end] = value
  }
  return found
}
console_.read = read
document.addEventListener("submit", async event => {
  const form = event.target
  if (!form.dataset.send) return
  event.preventDefault()
  const body = read(form)
  if (!body) return
  const send = one("[type=submit]", form)
  send.disabled = true
  const came = await ask(form.dataset.send, form.dataset.to, body)
  send.disabled = false
  if (!came) return
  for (const field of all("[data-once]", form)) field.value = ""
  if (form.dataset.show) show(form.dataset.show, came)
  form.dispatchEvent(new CustomEvent("came", { detail: came, bubbles: true }))
  soon()
})

// The kernel is pinged, and says how long it took.
one("#ping").addEventListener("click", async () => {
  const began = performance.now()
  const came = await ask("GET", "/ping")
  one("#pong").textContent = came ? `${(performance.now() - began).toFixed(1)} ms` : "no answer"
})

// Tabs.
const showTab = tab => {
  for (const each of all("[role=tab]", tab.closest("[role=tablist]"))) {
    each.setAttribute("aria-selected", each === tab)
    each.tabIndex = each === tab ? 0 : -1
    document.getElementById(each.getAttribute("aria-controls")).hidden = each !== tab
  }
  for (const each of console_.after) each()
}
for (const list of all("[role=tablist]")) {
  const tabs = all("[role=tab]", list)
  tabs.forEach((tab, at) => {
    tab.addEventListener("click", () => { showTab(tab); history.replaceState(null, "", `#${tab.getAttribute("aria-controls")}`) })
    tab.addEventListener("keydown", event => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
      if (!step) return
      const next = tabs[(at + step + tabs.length) % tabs.length]
      showTab(next)
      next.focus()
    })
  })
  showTab(tabs.find(tab => tab.getAttribute("aria-controls") === location.hash.slice(1)) ?? tabs[0])
}
console_.tab = showTab

// Tables: sorted by a column, filtered by words.
document.addEventListener("click", event => {
  const head = event.target.closest("th button")
  if (!head) return
  const th = head.closest("th"), table = th.closest("table"), at = [...th.parentElement.children].indexOf(th)
  const down = th.getAttribute("aria-sort") === "ascending"
  for (const other of all("th", th.parentElement)) other.removeAttribute("aria-sort")
  th.setAttribute("aria-sort", down ? "descending" : "ascending")
  const value = row => row.cells[at].dataset.value ?? row.cells[at].textContent
  const order = (a, b) => { const x = value(a), y = value(b); return x !== "" && y !== "" && !isNaN(x) && !isNaN(y) ? x - y : x.localeCompare(y) }
  const rows = [...table.tBodies[0].rows].sort(order)
  table.tBodies[0].append(...(down ? rows.reverse() : rows))
})
const filter = () => {
  for (const input of all("[data-filters]")) {
    const words = input.value.toLowerCase(), rows = [...document.getElementById(input.dataset.filters).tBodies[0].rows]
    let shown = 0
    for (const row of rows) { row.hidden = !row.textContent.toLowerCase().includes(words); shown += !row.hidden }
    const count = one(`[data-counts="${input.dataset.filters}"]`)
    if (count) count.textContent = words ? `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")}` : ""
  }
}
document.addEventListener("input", event => { if (event.target.matches("[data-filters]")) filter() })
console_.after.push(filter)

// Keys. None acts while one types; two keys make a way.
const help = one("#keys-help")
one("#help").addEventListener("click", () => help.showModal())
const ways = { a: "/attention", l: "/live", r: "/runs", i: "/rights", p: "/plugins" }
let going = -Infinity  // when `g` was pressed, if that is still to be followed
document.addEventListener("keydown", event => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form?.dataset.send) { event.target.form.requestSubmit(); return }
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return
  if (event.key === "Escape" && event.target.matches("input, textarea, select")) { event.target.blur(); return }
  if (event.target.matches("textarea, select, input:not([type=range], [type=checkbox])")) return
  const isWay = performance.now() - going < 1200
  going = -Infinity
  if (isWay && ways[event.key]) { location.href = ways[event.key]; return }
  if (event.key === "g") going = performance.now()
  else if (event.key === "?") help.showModal()
  else if (event.key === "d") turn()
  else if (event.key === "/") { const field = one("main input[type=search]:not([hidden])"); if (field) { event.preventDefault(); field.focus() } }
  else console_.keys[event.key]?.(event)
})

// Cards that can be chosen: j and k go through them; a key that answers acts on the chosen one only, when there is one.
const cards = () => all(".ask")
const choose = step => {
  const found = cards(), at = found.findIndex(card => card.classList.contains("on"))
  const next = found[Math.min(Math.max(at + step, 0), found.length - 1)]
  if (!next) return
  for (const card of found) card.classList.toggle("on", card === next)
  next.focus({ preventScroll: true })
  next.scrollIntoView({ block: "nearest" })
}
if (cards().length || one("#approvals")) {
  console_.keys.j = () => choose(1)
  console_.keys.k = () => choose(-1)
  for (const key of "yranx") console_.keys[key] = () => {
    const button = one(`.ask.on [data-hot="${key}"]`)
    if (button) press(button)
  }
}
