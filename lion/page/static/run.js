// What a page of a run needs that opens offline: views, dark or light, keys.
const root = document.documentElement

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
show(tabs.find(tab => tab.getAttribute("aria-controls") === location.hash.slice(1)) ?? tabs[0])

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
