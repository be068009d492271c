// Plugins: forms made from tools' schemas, install, and the difference that somebody accepts.
const { lion } = window
const one = what => document.querySelector(what)

const read = form => {
  const found = {}
  for (const field of form.querySelectorAll("[data-name]")) {
    const name = field.dataset.name
    if (field.type === "checkbox") { found[name] = field.checked; continue }
    if (field.value === "" && !field.required) continue
    if (field.type === "number") found[name] = Number(field.value)
    else if (field.dataset.as === "json") {
      try { found[name] = JSON.parse(field.value) } catch { lion.tell(`${name} is no JSON: write a text as "..."`); field.focus(); return null }
    } else found[name] = field.value
  }
  return found
}
const result = task => task.end?.error ?? (task.end?.is_long ? "too long to be shown here: its run has it" : JSON.stringify(task.end?.value ?? null, null, 2))
document.addEventListener("submit", async event => {
  const form = event.target
  if (form.id === "install") { event.preventDefault(); install(form); return }
  if (!form.dataset.call) return
  event.preventDefault()
  const args = read(form)
  if (!args) return
  const send = form.querySelector("[type=submit]"), out = document.getElementById(form.dataset.out)
  send.disabled = true
  const came = await lion.ask("POST", `/api/plugins/${encodeURIComponent(form.dataset.call)}/invoke`, { tool: form.dataset.tool, arguments: args })
  send.disabled = false
  if (!came) return
  out.hidden = false
  out.textContent = result(came)
})

const install = async form => {
  const body = Object.fromEntries([...new FormData(form)].filter(([, value]) => value.trim()))
  const came = await lion.ask("POST", "/api/plugins", body)
  if (!came) return
  form.reset()
  one("#installed").textContent = `${came.name} is installed`
  lion.sync()
}

// An update shows what changes, and is taken when exactly that is accepted.
let shown = null
const update = async (name, accept) => {
  const came = await lion.ask("PATCH", `/api/plugins/${encodeURIComponent(name)}`, { update: accept ? { accept } : {} })
  if (!came) return
  const changes = one("#changes")
  if (!came.accept) { changes.hidden = true; one("#ch-h").textContent = "What it may do otherwise"; lion.sync(); return }
  shown = { name, accept: came.accept }
  one("#diff").replaceChildren(...came.changes.map(line => {
    const row = document.createElement("div"), sign = document.createElement("span"), text = document.createElement("span")
    row.className = { "+": "add", "-": "del" }[line[0]] ?? "off"
    sign.textContent = line[0]
    text.textContent = line.slice(2)
    row.append(sign, text)
    return row
  }))
  changes.hidden = false
  one("#accept").focus()
}
document.addEventListener("click", event => {
  const button = event.target.closest("[data-update]")
  if (button) update(button.dataset.update)
})
one("#accept").addEventListener("click", () => shown && update(shown.name, shown.accept))
one("#leave").addEventListener("click", () => { one("#changes").hidden = true })

const words = one("#pf")
const filter = () => { for (const card of document.querySelectorAll(".card")) card.hidden = !card.textContent.toLowerCase().includes(words.value.toLowerCase()) }
words.addEventListener("input", filter)
lion.after.push(filter)
