// Draws concepts and what joins them, as the page placed them. Pressed, a concept is shown; its small + brings its own
// neighbours in. Dragged the drawing moves, the wheel (with Ctrl) and the buttons make it larger and smaller.

const SVG = "http://www.w3.org/2000/svg"
const MARGIN = 90
const HEIGHT = 26
const LETTER = 7.4
const HAN = 14

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const place = parentElement.querySelector(".drawing")
  place.replaceChildren()
  const svg = make("svg", { role: "img", "aria-label": data.title }, place)
  const view = bounds(data.nodes, place.clientWidth)
  const at = new Map(data.nodes.map((node) => [node.id, node]))
  const show = () => svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`)
  show()
  for (const edge of data.edges) line(svg, edge, at)
  for (const node of data.nodes) box(svg, node, data, setTriggerValue)
  return movable(svg, view, show, parentElement)
}

function make(tag, attributes, parent, text) {
  const made = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  if (text !== undefined) made.textContent = text
  parent?.append(made)
  return made
}

const width = (text) => 20 + [...text].reduce((sum, sign) => sum + (sign > "\u2e7f" ? HAN : LETTER), 0)

// Everything, or as much around the middle as can be read on a narrow screen; the rest is a drag away.
function bounds(nodes, room) {
  const left = Math.min(...nodes.map((node) => node.x - width(node.label) / 2)) - 20
  const right = Math.max(...nodes.map((node) => node.x + width(node.label) / 2)) + 20
  const top = Math.min(...nodes.map((node) => node.y)) - MARGIN / 2
  const bottom = Math.max(...nodes.map((node) => node.y)) + MARGIN / 2
  const size = { width: Math.max(right - left, 560), height: Math.max(bottom - top, 300) }
  const readable = 1.35 * room
  if (room && size.width > readable) {
    const height = Math.min(size.height, readable)
    return { x: -readable / 2, y: -height / 2, width: readable, height }
  }
  return { x: (left + right - size.width) / 2, y: (top + bottom - size.height) / 2, ...size }
}

function line(svg, edge, at) {
  const from = at.get(edge.from)
  const to = at.get(edge.to)
  if (!from || !to) return
  const group = make("g", { class: `edge ${edge.kind}` }, svg)
  make("line", { x1: from.x, y1: from.y, x2: to.x, y2: to.y }, group)
  const x = from.x * 0.45 + to.x * 0.55
  const y = from.y * 0.45 + to.y * 0.55
  const turn = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI
  make("path", { d: "M-4,-4 L4,0 L-4,4 Z", transform: `translate(${x} ${y}) rotate(${turn})` }, group)
  make("text", { x, y: y - 7 }, group, edge.label)
}

function box(svg, node, data, setTriggerValue) {
  const group = make("g", { class: `node ${node.kind}`, tabindex: 0, role: "link", "aria-label": node.label }, svg)
  const wide = width(node.label)
  make("rect", { x: node.x - wide / 2, y: node.y - HEIGHT / 2, width: wide, height: HEIGHT, rx: 8 }, group)
  make("text", { x: node.x, y: node.y + 5 }, group, node.label)
  make("title", {}, group, node.title)
  const open = () => setTriggerValue("pressed", { act: "open", id: node.id })
  group.addEventListener("click", open)
  group.addEventListener("keydown", (event) => event.key === "Enter" && open())
  if (!node.more) return
  const plus = make("g", { class: "more", tabindex: 0, role: "button", "aria-label": data.expand }, group)
  make("circle", { cx: node.x + wide / 2, cy: node.y - HEIGHT / 2, r: 8 }, plus)
  make("text", { x: node.x + wide / 2, y: node.y - HEIGHT / 2 + 4 }, plus, "+")
  make("title", {}, plus, data.expand)
  const expand = (event) => {
    event.stopPropagation()
    setTriggerValue("pressed", { act: "expand", id: node.id })
  }
  plus.addEventListener("click", expand)
  plus.addEventListener("keydown", (event) => event.key === "Enter" && expand(event))
}

function movable(svg, view, show, parent) {
  let held = null
  const zoom = (factor, x = view.x + view.width / 2, y = view.y + view.height / 2) => {
    view.x = x - (x - view.x) * factor
    view.y = y - (y - view.y) * factor
    view.width *= factor
    view.height *= factor
    show()
  }
  const down = (event) => {
    held = { x: event.clientX, y: event.clientY }
  }
  const move = (event) => {
    if (!held) return
    const scale = view.width / svg.clientWidth
    view.x -= (event.clientX - held.x) * scale
    view.y -= (event.clientY - held.y) * scale
    held = { x: event.clientX, y: event.clientY }
    show()
  }
  const up = () => {
    held = null
  }
  const wheel = (event) => {
    if (!event.ctrlKey && !event.metaKey) return
    event.preventDefault()
    zoom(event.deltaY > 0 ? 1.15 : 0.87)
  }
  svg.addEventListener("pointerdown", down)
  svg.addEventListener("wheel", wheel, { passive: false })
  window.addEventListener("pointermove", move)
  window.addEventListener("pointerup", up)
  parent.querySelector(".larger").onclick = () => zoom(0.8)
  parent.querySelector(".smaller").onclick = () => zoom(1.25)
  return () => {
    window.removeEventListener("pointermove", move)
    window.removeEventListener("pointerup", up)
  }
}
