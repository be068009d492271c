// The little that a page of a run needs: views, the slider over its records, search, dark or light. Nothing is fetched.
const all = (what, within = document) => [...within.querySelectorAll(what)]
const one = what => document.querySelector(what)
const root = document.documentElement

let chosen = null
const tabs = all("[role=tab]")
const show = tab => {
  for (const each of tabs) {
    each.setAttribute("aria-selected", each === tab)
    each.tabIndex = each === tab ? 0 : -1
    document.getElementById(each.getAttribute("aria-controls")).hidden = each !== tab
  }
  if (chosen) move()
}
tabs.forEach((tab, at) => {
  tab.addEventListener("click", () => show(tab))
  tab.addEventListener("keydown", event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!step) return
    const next = tabs[(at + step + tabs.length) % tabs.length]
    show(next)
    next.focus()
  })
})

one("#theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches
  root.dataset.theme = dark ? "light" : "dark"
})

const rows = all("#records tr"), slider = one("#record")
const said = JSON.parse(one("#said").textContent)
const texts = all("[data-says]")
const end = Number(rows.at(-1)?.dataset.at ?? 1) || 1
const move = () => {
  const row = rows[Number(slider.value) - 1]
  if (!row) return
  chosen?.classList.remove("on")
  chosen = row
  row.classList.add("on")
  const at = Number(row.dataset.at), cells = row.cells
  one("#at").textContent = cells[0].textContent
  one("#at-time").textContent = cells[1].textContent
  one("#at-line").textContent = `${cells[2].textContent} · ${cells[3].textContent} · ${cells[4].textContent}`
  one("#at-why").textContent = row.dataset.why || "decided by nobody: no call"
  for (const line of all(".head-line")) {
    const x = line.dataset.of === "record" ? 100 * (slider.value - 1) / Math.max(rows.length - 1, 1) : 100 * at / end
    line.setAttribute("x1", `${x}%`)
    line.setAttribute("x2", `${x}%`)
  }
  const box = one("#log .scroll")
  if (row.offsetTop < box.scrollTop + 30 || row.offsetTop > box.scrollTop + box.clientHeight - 30) box.scrollTop = row.offsetTop - 120
  const seq = Number(cells[0].textContent)
  for (const text of texts) {
    const own = (said[text.dataset.says] ?? []).filter(piece => piece[0] <= seq)
    text.textContent = own.map(piece => piece[1]).join("").split("\n").slice(-8).join("\n") || "(nothing said yet)"
    text.scrollTop = text.scrollHeight
  }
}
slider.addEventListener("input", move)
const go = value => {
  slider.value = value
  move()
}
go(Number(slider.dataset.first))
show(tabs.find(tab => tab.getAttribute("aria-controls") === location.hash.slice(1)) ?? tabs[0])
for (const row of rows) row.addEventListener("click", () => go(rows.indexOf(row) + 1))
for (const bar of all("[data-seq]")) bar.addEventListener("click", () => {
  const at = rows.findIndex(row => row.cells[0].textContent === bar.dataset.seq)
  if (at >= 0) go(at + 1)
})

const search = one("#search"), kind = one("#kind")
const filter = () => {
  const words = search.value.toLowerCase()
  let shown = 0
  for (const row of rows) {
    const fits = (!kind.value || row.className.split(" ").includes(kind.value)) && row.textContent.toLowerCase().includes(words)
    row.hidden = !fits
    shown += fits
  }
  one("#shown").textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`
}
search.addEventListener("input", filter)
kind.addEventListener("change", filter)
filter()

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, textarea, input:not([type=range])")) return
  if (tabs[Number(event.key) - 1]) show(tabs[Number(event.key) - 1])
  else if (event.key === "[") go(Number(slider.value) - 1)
  else if (event.key === "]") go(Number(slider.value) + 1)
  else if (event.key === "/") {
    show(tabs.find(tab => tab.getAttribute("aria-controls") === "log"))
    search.focus()
    event.preventDefault()
  }
})
