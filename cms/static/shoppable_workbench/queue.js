// The queue by keyboard: move, look, choose, approve, refuse, undo.
import { listenToKeys, openReasons, reasonLetters, sendOnce, showKeys, wake } from "./keys.js";

const root = document.querySelector("[data-queue]");
const form = document.getElementById("wb-many");
const links = () => [...root.querySelectorAll(".wb-tile__link")];

function current() {
  return document.activeElement?.closest?.(".wb-tile");
}

function move(step) {
  const all = links();
  if (!all.length) return false;
  const here = all.indexOf(current()?.querySelector(".wb-tile__link"));
  const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step;
  const link = all[Math.min(Math.max(next, 0), all.length - 1)];
  link.focus({ preventScroll: true });
  link.closest(".wb-tile").scrollIntoView({ block: "nearest" });
  return true;
}

/** How many tiles stand in one row, so that up and down keep to the column. */
function columns() {
  const tops = links().map((link) => link.closest(".wb-tile").offsetTop);
  return Math.max(tops.filter((top) => top === tops[0]).length, 1);
}

const boxes = () => [...root.querySelectorAll('input[name="photo"]')];

/** Without a choice, the tile that has the focus is meant. */
function chooseCurrent() {
  if (boxes().some((box) => box.checked)) return true;
  const box = current()?.querySelector('input[name="photo"]');
  if (!box) return false;
  box.checked = true;
  count();
  return true;
}

function count() {
  if (!form) return;
  const chosen = boxes().filter((box) => box.checked).length;
  form.querySelector("[data-chosen]").textContent = chosen;
}

function toggle(selector) {
  const box = current()?.querySelector(selector);
  if (!box) return false;
  box.click();
  return true;
}

if (root) {
  wake();
  sendOnce(root);
  reasonLetters(root);
  root.addEventListener("change", count);
  root.querySelector("[data-choose-all]")?.addEventListener("change", (event) => {
    for (const box of boxes()) box.checked = event.target.checked;
    count();
  });
  listenToKeys({
    ArrowRight: () => move(1),
    j: () => move(1),
    ArrowLeft: () => move(-1),
    k: () => move(-1),
    ArrowDown: () => move(columns()),
    ArrowUp: () => move(-columns()),
    x: () => toggle('input[name="photo"]'),
    v: () => toggle(".wb-veil input"),
    a: () => {
      const button = form?.querySelector('button[value="approve"]');
      if (!button || !chooseCurrent()) return false;
      form.requestSubmit(button);
    },
    r: () => {
      if (!form || !chooseCurrent()) return false;
      return openReasons(form.querySelector("details[data-reasons]"));
    },
    z: () => {
      const undo = document.querySelector("[data-undo]");
      if (!undo) return false;
      undo.requestSubmit();
    },
    "?": showKeys,
  });
  count();
}
