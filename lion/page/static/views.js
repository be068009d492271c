// The little that the views of a run need: the slider over its records, search, what had been said. Nothing is fetched.
const all = (what, within = document) => [...within.querySelectorAll(what)]
const one = what => document.querySelector(what)

let chosen = null
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
if (typeof window !== "undefined") window.views = { move: () => chosen && move(), step: by => go(Number(slider.value) + by) }
