// The streams of the screen Live: what comes is put in place once a frame, as text, and nothing under the hand moves.
const { lion } = window
const streams = run => document.querySelector(`.stream[data-run="${CSS.escape(run)}"]`)
const MOST = 300, LONGEST = 600 // a block of text is laid out anew with each piece, so it is short
const marks = { denied: "deny", failed: "fail", waiting: "wait", "": "check" }
const made = (name, css, text) => { const put = document.createElement(name); put.className = css; if (text) put.textContent = text; return put }
const sign = name => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), use = document.createElementNS("http://www.w3.org/2000/svg", "use")
  svg.setAttribute("class", "i")
  svg.setAttribute("aria-hidden", "true")
  use.setAttribute("href", `#i-${name}`)
  svg.append(use)
  return svg
}
const row = (run, [kind, text, tone, outcome, seq]) => {
  const put = made("div", `host ${tone}`)
  const right = made("span", "v", outcome)
  if (seq && (tone === "denied" || kind === "ask")) {
    const why = made("a", "", kind === "ask" ? "answer" : "explain")
    why.href = kind === "ask" ? "/attention" : `/run/${run}?record=${seq}`
    right.append(" · ", why)
  }
  const words = made("span", "t", text)
  words.title = text
  put.append(sign(marks[tone] ?? "check"), words, right)
  put.same = JSON.stringify([kind, text, tone, outcome.split(" · ")[0]])
  return put
}

// Pieces wait for the next frame of the screen, so that two hundred streams cost one layout.
const waiting = new Map(), rows = []
let asked = false, skipped = 0
const put = () => {
  asked = false
  const places = [...waiting].map(([run, { anew, pieces }]) => ({ run, anew, pieces, place: streams(run) })).filter(each => {
    if (each.place) waiting.delete(each.run)
    return each.place
  })
  for (const each of places) each.atEnd = each.anew || each.place.scrollHeight - each.place.scrollTop - each.place.clientHeight < 24
  for (const { run, anew, pieces, place } of places) {
    if (anew) place.replaceChildren()
    for (const piece of pieces) {
      const last = place.lastElementChild
      if (piece[0] !== "say") {
        const next = row(run, piece)
        if (piece[0] === "ask" || last?.same !== next.same) place.append(next)
        else { last.times = (last.times ?? 1) + 1; last.lastElementChild.textContent = `${piece[3].split(" · ")[0]} · ${last.times} times` }
      }
      else if (last?.matches(".guest") && last.firstChild.length < LONGEST) last.firstChild.appendData(piece[1])
      else if (piece[1]) place.append(made("div", "guest", piece[1]))
    }
    while (place.childElementCount > MOST) place.firstElementChild.remove()
  }
  for (const each of places) if (each.atEnd) each.place.scrollTop = each.place.scrollHeight
  if (rows.length) putRows()
}
const later = () => { if (!asked) { asked = true; requestAnimationFrame(put) } }

// The tail of all records.
const tail = document.querySelector("#tail"), body = document.querySelector("#rows"), words = document.querySelector("#lf")
const follow = document.querySelector("#follow")
const fits = line => !words.value || line.textContent.toLowerCase().includes(words.value.toLowerCase())
const putRows = () => {
  for (const [run, seq, who, word, about, tone] of rows.splice(0).slice(-MOST)) {
    const line = made("tr", tone === "denied" ? "bad" : "")
    const number = made("td", "seq"), to = made("a", "", String(seq))
    to.href = `/run/${run}?record=${seq}`
    number.append(to)
    const what = made("td", "")
    what.append(made("span", tone === "denied" || tone === "failed" ? "denied" : "dim", word), " ")
    const quoted = made("q", "g", about)
    what.append(quoted)
    line.append(number, made("td", "", who), what)
    line.hidden = !fits(line)
    body.append(line)
  }
  while (body.rows.length > MOST) body.rows[0].remove()
  if (follow.getAttribute("aria-pressed") === "true") tail.scrollTop = tail.scrollHeight
}
const turnFollow = () => {
  const on = follow.getAttribute("aria-pressed") !== "true"
  follow.setAttribute("aria-pressed", String(on))
  if (on) tail.scrollTop = tail.scrollHeight
}
follow.addEventListener("click", turnFollow)
words.addEventListener("input", () => { for (const line of body.rows) line.hidden = !fits(line) })

lion.frames.push(frame => {
  for (const [run, { anew, pieces }] of Object.entries(frame.columns ?? {})) {
    const own = waiting.get(run)
    if (own && !anew) own.pieces.push(...pieces)
    else waiting.set(run, { anew, pieces })
  }
  rows.push(...(frame.log ?? []))
  skipped += frame.skipped ?? 0
  if (waiting.size || rows.length) later()
})
lion.after.push(() => { if (waiting.size) later() })

// Keys: a number goes to an agent, c cancels it, n spawns.
const agents = () => [...document.querySelectorAll(".agent")]
for (let number = 1; number <= 9; number++) lion.keys[number] = () => agents()[number - 1]?.querySelector(".stream").focus()
lion.keys.n = event => { event.preventDefault(); document.querySelector("#sa")?.focus() }
lion.keys.f = turnFollow
lion.keys.m = event => { const field = document.activeElement.closest?.(".agent")?.querySelector(".write input"); if (field) { event.preventDefault(); field.focus() } }
lion.keys.c = () => document.activeElement.closest?.(".agent")?.querySelector("[data-do=DELETE]")?.click()
