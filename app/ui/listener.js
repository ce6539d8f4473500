// The one script of the pages. It shows nothing: it tells the page which of its own buttons were pressed, copies text and
// reads it aloud, keeps a half-written question over a reload, and keeps an input method's Enter from sending.

const DRAFT = "plumbline-draft"
const COPIED_FOR_MS = 1600

export default function (component) {
  const { data, setTriggerValue } = component
  window.__plumblineOff?.()
  document.documentElement.lang = data.lang
  if (data.go) {
    sessionStorage.removeItem(DRAFT)
    window.location.assign(data.go)
    return undefined
  }

  const textarea = () => document.querySelector('[data-testid="stChatInputTextArea"]')

  const onClick = (event) => {
    const button = event.target.closest?.("[data-plb]")
    if (!button) return
    event.preventDefault()
    if (button.dataset.plb === "copy") copy(button, data.copied)
    else if (button.dataset.plb === "speak") speak(button, data.quiet)
    else setTriggerValue("act", { name: button.dataset.plb, message: button.dataset.message, number: Number(button.dataset.number) })
  }

  // While an input method composes, Enter chooses a word. Safari reports such an Enter after composing has ended,
  // with key code 229 and isComposing false.
  const onKeyDown = (event) => {
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) {
      event.stopImmediatePropagation()
      return
    }
    const key = event.ctrlKey || event.metaKey ? event.key.toLowerCase() : ""
    // In a text box Ctrl+Z is the browser's: it takes typing back
    const last = key === "z" && !event.shiftKey && !typing(event.target) && document.querySelector(".st-key-plb-undo-last button")
    if (last) {
      event.preventDefault()
      last.click()
    }
    if (key === "k") {
      const search = document.querySelector(".st-key-plb-search input")
      if (search) {
        event.preventDefault()
        search.focus()
        search.select()
      }
    }
  }

  const onPageHide = () => {
    const written = textarea()?.value ?? ""
    if (written.trim()) sessionStorage.setItem(DRAFT, JSON.stringify({ owner: data.owner, written }))
    else sessionStorage.removeItem(DRAFT)
  }

  document.addEventListener("click", onClick)
  window.addEventListener("keydown", onKeyDown, true)
  window.addEventListener("pagehide", onPageHide)
  keepFolders()
  tellVoices()
  window.speechSynthesis?.addEventListener("voiceschanged", tellVoices)
  const restored = restoreDraft(textarea, data.owner)
  document.documentElement.dataset.plumbline = "listening"
  window.__plumblineOff = () => {
    document.removeEventListener("click", onClick)
    window.removeEventListener("keydown", onKeyDown, true)
    window.removeEventListener("pagehide", onPageHide)
    window.speechSynthesis?.removeEventListener("voiceschanged", tellVoices)
    clearInterval(restored)
    window.__plumblineOff = undefined
  }
  return () => window.__plumblineOff?.()
}

const typing = (element) => element.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName)

// Of a folder that was dropped, the browser tells each file's place in `relativePath` only, and Streamlit would send the
// bare names: two files of one name in two folders would be one.
function keepFolders() {
  const append = FormData.prototype.append
  if (append.plumbline) return
  FormData.prototype.append = function (name, value, ...more) {
    const place = value instanceof File && !value.webkitRelativePath ? (value.relativePath ?? "").replace(/^\.?\//, "") : ""
    return append.call(this, name, value, ...(place.includes("/") ? [place] : more))
  }
  FormData.prototype.append.plumbline = true
}

// The text box may appear after this script.
function restoreDraft(textarea, owner) {
  const kept = sessionStorage.getItem(DRAFT)
  if (!kept) return undefined
  let tries = 0
  const timer = setInterval(() => {
    const box = textarea()
    if (!box && ++tries < 40) return
    clearInterval(timer)
    sessionStorage.removeItem(DRAFT)
    const draft = JSON.parse(kept)
    if (!box || box.value || draft.owner !== owner) return
    write(box, draft.written)
  }, 150)
  return timer
}

// React only takes a value that comes with an input event.
function write(box, text) {
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, text)
  box.dispatchEvent(new Event("input", { bubbles: true }))
  box.focus()
}

// Only voices of this machine: others would send the text to somebody's server.
const voice = (lang) => window.speechSynthesis?.getVoices().find((each) => each.localService && each.lang.startsWith(lang))

function tellVoices() {
  document.documentElement.dataset.voices = ["zh", "en"].filter(voice).join(" ")
}

// A second press is silence.
function speak(button, quiet) {
  const speech = window.speechSynthesis
  const speaking = button.dataset.before !== undefined
  speech.cancel()
  if (speaking) return
  const text = new SpeechSynthesisUtterance(button.dataset.text)
  text.voice = voice(button.dataset.language)
  text.lang = text.voice.lang
  button.dataset.before = button.textContent
  button.textContent = quiet
  text.onend = text.onerror = () => {
    button.textContent = button.dataset.before
    delete button.dataset.before
  }
  speech.speak(text)
}

async function copy(button, done) {
  const text = button.dataset.text
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // Without HTTPS there is no clipboard object except on this machine itself
    const box = document.createElement("textarea")
    box.value = text
    box.style.position = "fixed"
    box.style.opacity = "0"
    document.body.append(box)
    box.select()
    document.execCommand("copy")
    box.remove()
    button.focus()
  }
  const label = button.querySelector("[data-label]") ?? button
  if (label.dataset.before === undefined) label.dataset.before = label.textContent
  label.textContent = done
  setTimeout(() => {
    label.textContent = label.dataset.before
    delete label.dataset.before
  }, COPIED_FOR_MS)
}
