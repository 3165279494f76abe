// What the queue and the review page share: single-letter keys, and the dialog
// that lists them.

/** Wagtail lets each editor turn single-letter keys off (WCAG 2.1.4); so do we. */
function keysAreOn() {
  const config = document.getElementById("wagtail-config");
  return !config || JSON.parse(config.textContent).KEYBOARD_SHORTCUTS_ENABLED !== false;
}

const WRITING = "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])";

/**
 * Calls `actions[key](event)` when a key is pressed outside of text fields. The
 * handler returns false to leave the key to the browser. Runs before Wagtail's
 * own keys, so that "?" opens the dialog of this page.
 */
export function listenToKeys(actions) {
  if (!keysAreOn()) return;
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (event.target.closest?.(WRITING) || document.querySelector("dialog[open]")) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      // What has keys of its own: a marker its arrows, the reasons their letters.
      const own = event.target.closest?.("[data-marker], [data-reasons], [data-ban], [data-box]");
      if (own?.matches("[data-reasons][open], [data-ban][open]") || (own?.matches("[data-marker], [data-box]") && key.length > 1)) return;
      const action = actions[key];
      if (!action || action(event) === false) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );
}

export function showKeys() {
  document.getElementById("wb-keys").showModal();
}

/** Shows what works only with this script, and wires the button of the dialog. */
export function wake() {
  for (const element of document.querySelectorAll("[data-needs-script]")) {
    element.hidden = false;
  }
  document.querySelector("[data-show-keys]")?.addEventListener("click", showKeys);
}

/** Opens a refusal's reasons; inside, each reason's letter chooses it. */
export function openReasons(details) {
  if (!details) return false;
  details.open = true;
  const first = details.querySelector("input[type=radio]:checked, input[type=radio]");
  first?.focus();
  return true;
}

export function reasonLetters(root) {
  if (!keysAreOn()) return;
  root.addEventListener(
    "keydown",
    (event) => {
      const details = event.target.closest("details[data-reasons], details[data-ban]");
      if (!details || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape") {
        details.open = false;
        details.querySelector("summary").focus();
        event.stopPropagation();
        return;
      }
      if (event.target.closest(WRITING) || event.key.length !== 1) return;
      const radio = details.querySelector(`input[data-letter="${CSS.escape(event.key.toLowerCase())}"]`);
      if (!radio) return;
      radio.checked = true;
      radio.focus();
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );
}

/** A second click or Enter on a form that is on its way does nothing. */
export function sendOnce(root) {
  root.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (event.target.dataset.isSent) {
      event.preventDefault();
      return;
    }
    event.target.dataset.isSent = "yes";
    event.submitter?.setAttribute("aria-disabled", "true");
  });
  // Coming back by the browser's history finds a page that can be used again.
  window.addEventListener("pageshow", () => {
    for (const form of root.querySelectorAll("form[data-is-sent]")) {
      delete form.dataset.isSent;
      for (const button of form.querySelectorAll("[aria-disabled]")) {
        button.removeAttribute("aria-disabled");
      }
    }
  });
}
