// One photo by pointer and keyboard. Everything it does is one of the page's own
// forms; answers come back as the same page, of which the marked parts are put in
// place, so that there is one way to draw it.
import { listenToKeys, openReasons, reasonLetters, sendOnce, showKeys, wake } from "./keys.js";

const root = document.querySelector("[data-review]");
const find = (selector) => root.querySelector(selector);
const percent = (fraction) => Math.round(fraction * 1000) / 10;
const within = (fraction) => Math.min(Math.max(fraction, 0), 1);

// --- parts of the page ---------------------------------------------------------

function putInPlace(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const focused = document.activeElement;
  for (const part of page.querySelectorAll("[data-part]")) {
    document.getElementById(part.id)?.replaceWith(document.adoptNode(part));
  }
  // The author's words are not drawn anew: what was seen stays what this page
  // showed when it was opened, so that a change since then is noticed.
  const seen = find("#wb-approve input[name=seen]");
  if (seen) seen.value = root.dataset.seen;
  if (focused?.id && !focused.isConnected) document.getElementById(focused.id)?.focus();
  draw();
}

async function ask(url, options = {}) {
  const response = await fetch(url, { credentials: "same-origin", ...options });
  const isThisPage = new URL(response.url).pathname === location.pathname;
  if (!response.ok || !isThisPage) {
    location.reload(); // signed out, forbidden or gone: the whole page tells it
    return null;
  }
  return response.text();
}

async function send(form, submitter) {
  if (form.dataset.isSent) return;
  form.dataset.isSent = "yes";
  const data = new FormData(form, submitter);
  try {
    const html = await ask(form.action, { method: "POST", body: data });
    if (html !== null) putInPlace(html);
    delete form.dataset.isSent;
  } catch {
    // No answer to the script: let the browser send it and show why.
    delete form.dataset.isSent;
    form.removeAttribute("data-stay");
    form.requestSubmit(submitter);
  }
}

// --- markers ---------------------------------------------------------------------

const stage = () => find("[data-stage]");
const formOf = (marker) => document.getElementById(marker.dataset.form);

function at(element, x, y) {
  element.style.left = `${x * 100}%`;
  element.style.top = `${y * 100}%`;
}

function place(marker, x, y) {
  const form = formOf(marker);
  const before = [form.elements.x.value, form.elements.y.value];
  form.elements.x.value = percent(within(x));
  form.elements.y.value = percent(within(y));
  at(marker, within(x), within(y));
  if (before[0] !== form.elements.x.value || before[1] !== form.elements.y.value) {
    marker.classList.add("is-moved");
  }
}

const where = (marker) => {
  const { x, y } = formOf(marker).elements;
  return [Number(x.value) / 100, Number(y.value) / 100];
};

function draw() {
  for (const marker of root.querySelectorAll("[data-marker]")) at(marker, ...where(marker));
  stage()?.classList.toggle("is-placing", Boolean(find("[data-add-tag]")));
  for (const element of root.querySelectorAll("[data-needs-script]")) element.hidden = false;
}

function save(marker) {
  const form = formOf(marker);
  marker.classList.remove("is-moved");
  return send(form, form.querySelector('button[value="save"]'));
}

function fraction(event) {
  const box = find("[data-stage]").getBoundingClientRect();
  return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
}

let dragged = null;

root?.addEventListener("pointerdown", (event) => {
  const marker = event.target.closest("[data-marker]");
  if (event.button !== 0) return;
  if (!marker) {
    startBox(event);
    return;
  }
  event.preventDefault();
  marker.focus();
  const [x, y] = fraction(event);
  const [markerX, markerY] = where(marker);
  dragged = { marker, offsetX: markerX - x, offsetY: markerY - y, hasMoved: false };
  marker.setPointerCapture(event.pointerId);
});

root?.addEventListener("pointermove", (event) => {
  drawBox(event);
  if (!dragged) return;
  const [x, y] = fraction(event);
  place(dragged.marker, x + dragged.offsetX, y + dragged.offsetY);
  dragged.hasMoved = dragged.marker.classList.contains("is-moved");
});

root?.addEventListener("pointerup", (event) => {
  endBox(event);
  if (!dragged) return;
  const { marker, hasMoved } = dragged;
  dragged = null;
  if (hasMoved) save(marker);
  else showRow(marker);
});

root?.addEventListener("pointercancel", () => {
  dragged = null;
  drawn = null;
});

function showRow(marker) {
  for (const row of root.querySelectorAll(".wb-tag.is-current")) row.classList.remove("is-current");
  formOf(marker).closest(".wb-tag").classList.add("is-current");
}

// A click beside the markers chooses where the next product goes.
root?.addEventListener("click", (event) => {
  if (event.target.closest("[data-marker]")) {
    event.preventDefault();
    return;
  }
  if (!event.target.closest("[data-stage]") || event.target.closest("label, input, [data-box]")) return;
  if (!find("[data-search]")) return;
  if (hasDrawn) {
    hasDrawn = false; // this click only ended the box
    return;
  }
  const [x, y] = fraction(event);
  nextPlace = [x, y];
  const point = find("[data-point]");
  at(point, x, y);
  point.hidden = false;
  find("[data-search] input[type=search]").select();
});

let nextPlace = null;

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

root?.addEventListener(
  "keydown",
  (event) => {
    const marker = event.target.closest?.("[data-marker]");
    if (!marker || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[event.key];
    if (step) {
      const by = event.shiftKey ? 0.05 : 0.01;
      const [x, y] = where(marker);
      place(marker, x + step[0] * by, y + step[1] * by);
      tell(marker);
    } else if (event.key === "Enter") {
      save(marker);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      const form = formOf(marker);
      send(form, form.querySelector('button[value="remove"]'));
    } else {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

/** Reads the place out after each step, for those who cannot see the marker. */
function tell(marker) {
  const { x, y } = formOf(marker).elements;
  find("[data-told]").textContent = find("[data-told]")
    .dataset.words.replace("{x}", x.value)
    .replace("{y}", y.value);
}

// --- a box to search in ----------------------------------------------------------
// The form's four numbers are the box; pointer and keys only write them.

const boxForm = () => find("[data-box-search]");
const box = () => find("[data-box]");
const SMALLEST = 0.02; // what is less was meant as a click
let drawn = null;
let hasDrawn = false;

function boxNow() {
  const { x, y, w, h } = boxForm().elements;
  return [x, y, w, h].map((field) => Number(field.value) / 100);
}

function setBox(x, y, w, h) {
  const width = Math.min(Math.max(w, SMALLEST), 1);
  const height = Math.min(Math.max(h, SMALLEST), 1);
  const sides = [Math.min(within(x), 1 - width), Math.min(within(y), 1 - height), width, height];
  const fields = boxForm().elements;
  ["x", "y", "w", "h"].forEach((name, index) => {
    fields[name].value = percent(sides[index]);
  });
  showBox();
}

function showBox() {
  const [x, y, w, h] = boxNow();
  const element = box();
  at(element, x, y);
  element.style.width = `${w * 100}%`;
  element.style.height = `${h * 100}%`;
  element.hidden = false;
}

function hideBox() {
  if (box()) box().hidden = true;
}

function startBox(event) {
  hasDrawn = false;
  const isStage = event.target.closest("[data-stage]") && !event.target.closest("label, input");
  if (!isStage || !boxForm()) return;
  // A finger on the picture scrolls the page, unless a box is there to be drawn.
  if (event.pointerType !== "mouse" && box().hidden) return;
  const [x, y] = fraction(event);
  drawn = { x, y };
  event.preventDefault();
}

function drawBox(event) {
  if (!drawn) return;
  const [x, y] = fraction(event);
  const width = Math.abs(x - drawn.x);
  const height = Math.abs(y - drawn.y);
  if (width < SMALLEST || height < SMALLEST) return;
  hasDrawn = true;
  setBox(Math.min(x, drawn.x), Math.min(y, drawn.y), width, height);
}

function endBox() {
  if (!drawn) return;
  drawn = null;
  if (!hasDrawn) return;
  setTimeout(() => {
    hasDrawn = false; // the click that belongs to it has passed by then
  });
  box().focus({ preventScroll: true });
  searchBox();
}

function openBox() {
  const form = boxForm();
  if (!form) return false;
  form.closest("details").open = true;
  showBox();
  box().focus();
  tellBox();
}

function tellBox() {
  const told = find("[data-told]");
  const fields = boxForm().elements;
  told.textContent = told.dataset.boxWords.replace(/\{([xywh])\}/g, (_, name) => fields[name].value);
}

async function searchBox() {
  const form = boxForm();
  form.closest("details").open = true;
  nextPlace = null; // its products go into the box
  find("[data-point]").hidden = true;
  const results = find("#wb-box-results");
  const address = new URL(form.dataset.boxSearch, location.href);
  address.search = new URLSearchParams(new FormData(form));
  results.setAttribute("aria-busy", "true");
  try {
    const html = await fragment(address);
    if (html !== null) {
      results.innerHTML = html;
      results.scrollIntoView({ block: "nearest" });
    }
    results.removeAttribute("aria-busy");
  } catch {
    form.submit(); // the page itself can search
  }
}

root?.addEventListener(
  "keydown",
  (event) => {
    if (!event.target.closest?.("[data-box]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[event.key];
    const [x, y, w, h] = boxNow();
    if (step && event.shiftKey) {
      setBox(x, y, w + step[0] * 0.02, h + step[1] * 0.02);
      tellBox();
    } else if (step) {
      setBox(x + step[0] * 0.02, y + step[1] * 0.02, w, h);
      tellBox();
    } else if (event.key === "Enter") {
      searchBox();
    } else if (event.key === "Escape") {
      hideBox();
      boxForm().closest("details").querySelector("summary").focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

// --- searching products --------------------------------------------------------

let searching = null;

/** A piece of the page; null if another one has been asked for meanwhile. */
async function fragment(address) {
  searching?.abort();
  searching = new AbortController();
  try {
    const response = await fetch(address, { credentials: "same-origin", signal: searching.signal });
    if (!response.ok) throw new Error(response.statusText);
    return await response.text();
  } catch (error) {
    if (error.name === "AbortError") return null;
    throw error;
  }
}

async function search(form) {
  const address = new URL(form.dataset.search, location.href);
  address.searchParams.set("q", form.elements.q.value);
  try {
    const html = await fragment(address);
    if (html !== null) find("#wb-results").innerHTML = html;
  } catch {
    form.submit(); // the page itself can search
  }
}

let pause = 0;
root?.addEventListener("input", (event) => {
  const form = event.target.closest("[data-search]");
  if (form) {
    clearTimeout(pause);
    pause = setTimeout(search, 200, form);
    return;
  }
  if (event.target.closest("[data-box-search]")) {
    if (boxForm().checkValidity()) showBox();
    return;
  }
  const tag = event.target.closest("[data-tag-form]");
  const marker = tag && find(`[data-form="${CSS.escape(tag.id)}"]`);
  if (marker) {
    at(marker, ...where(marker).map(within));
    marker.classList.add("is-moved");
  }
});

// --- forms ---------------------------------------------------------------------

root?.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.matches("[data-search]")) {
    event.preventDefault();
    search(form);
  } else if (form.matches("[data-box-search]")) {
    event.preventDefault();
    showBox();
    searchBox();
  } else if (form.matches("[data-stay]")) {
    event.preventDefault();
    const isNew = form.matches("[data-add-tag]");
    if (isNew && nextPlace) {
      form.elements.x.value = percent(nextPlace[0]);
      form.elements.y.value = percent(nextPlace[1]);
    }
    const key = form.elements.product_key?.value;
    await send(form, event.submitter);
    if (isNew) {
      nextPlace = null;
      hideBox();
      const point = find("[data-point]");
      if (point) point.hidden = true;
      find(`[data-marker="${CSS.escape(key)}"]`)?.focus();
    }
  }
});

function press(selector) {
  const element = find(selector);
  if (!element) return false;
  element.click();
}

/** Takes away the first tag that only the software has put there. */
function dropSuggested() {
  const marker = find("[data-marker][data-suggested]");
  if (!marker) return false;
  const form = formOf(marker);
  send(form, form.querySelector('button[value="remove"]'));
}

function openBan() {
  const details = find("details[data-ban]");
  if (!details) return false;
  details.open = true;
  details.querySelector("input[type=text]").focus();
}

/** Digits tag what the software sees, as numbered in the list. */
const digits = Object.fromEntries(
  [..."123456789"].map((digit) => [digit, () => press(`[data-candidate="${digit}"] button`)]),
);

function go(selector) {
  const link = document.querySelector(selector);
  if (!link) return false;
  location.assign(link.href);
}

if (root) {
  wake();
  sendOnce(root);
  reasonLetters(root);
  draw();
  listenToKeys({
    ArrowRight: () => go("a[rel=next]"),
    j: () => go("a[rel=next]"),
    ArrowLeft: () => go("a[rel=prev]"),
    k: () => go("a[rel=prev]"),
    a: () => press("[data-approve]"),
    r: () => openReasons(find("details[data-reasons]")),
    t: () => press("[data-asked] button"),
    v: () => press(".wb-veil input"),
    o: () => press("#wb-outlines"),
    x: dropSuggested,
    b: openBox,
    d: () => {
      const panel = find("#wb-elsewhere");
      if (!panel) return false;
      panel.focus();
    },
    n: openBan,
    ...digits,
    z: () => {
      const undo = document.querySelector("[data-undo]");
      if (!undo) return false;
      undo.requestSubmit();
    },
    "/": () => {
      const field = find("[data-search] input[type=search]");
      if (!field) return false;
      field.focus();
    },
    q: () => go("[data-back]"),
    "?": showKeys,
  });
}
