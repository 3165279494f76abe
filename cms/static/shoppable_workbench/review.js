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
  if (!marker || event.button !== 0) return;
  event.preventDefault();
  marker.focus();
  const [x, y] = fraction(event);
  const [markerX, markerY] = where(marker);
  dragged = { marker, offsetX: markerX - x, offsetY: markerY - y, hasMoved: false };
  marker.setPointerCapture(event.pointerId);
});

root?.addEventListener("pointermove", (event) => {
  if (!dragged) return;
  const [x, y] = fraction(event);
  place(dragged.marker, x + dragged.offsetX, y + dragged.offsetY);
  dragged.hasMoved = dragged.marker.classList.contains("is-moved");
});

root?.addEventListener("pointerup", () => {
  if (!dragged) return;
  const { marker, hasMoved } = dragged;
  dragged = null;
  if (hasMoved) save(marker);
  else showRow(marker);
});

root?.addEventListener("pointercancel", () => {
  dragged = null;
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
  if (!event.target.closest("[data-stage]") || event.target.closest("label, input")) return;
  if (!find("[data-search]")) return;
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

// --- searching products --------------------------------------------------------

let searching = null;

async function search(form) {
  searching?.abort();
  searching = new AbortController();
  const address = new URL(form.dataset.search, location.href);
  address.searchParams.set("q", form.elements.q.value);
  try {
    const response = await fetch(address, { credentials: "same-origin", signal: searching.signal });
    if (!response.ok) throw new Error(response.statusText);
    find("#wb-results").innerHTML = await response.text();
  } catch (error) {
    if (error.name !== "AbortError") form.submit(); // the page itself can search
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
