// Preview, progress, several photos and a second try. Without it the form sends
// itself; here each photo becomes a request of its own, one after the other, so
// that the cookie of the first is there for the second.
const form = document.querySelector("[data-upload]");

if (form) start(form);

function start(form) {
  const text = form.dataset;
  const input = form.querySelector("#id_photos");
  const list = form.querySelector("[data-items]");
  const template = form.querySelector("[data-item]");
  const errors = form.querySelector("[data-errors]");
  const words = form.querySelector("[data-words]");
  const button = form.querySelector(".ugc-send button");
  const allow = form.querySelector("[data-allow]");
  const items = [];

  input.closest(".ugc-choose").classList.add("ugc-choose--scripted");
  allow.hidden = false;
  allow.addEventListener("click", () => {
    for (const slug of allow.dataset.allow.split(" ")) {
      form.querySelector(`[name=surfaces][value=${slug}]`).checked = true;
    }
  });

  input.addEventListener("change", () => {
    for (const file of input.files) add(file);
    // Empty again, so that more can be added and each is sent once.
    input.value = "";
    show();
  });

  form.addEventListener("submit", (event) => {
    if (!items.length) return;
    event.preventDefault();
    sendAll();
  });

  function add(file) {
    const node = template.content.firstElementChild.cloneNode(true);
    const item = { file, node, state: "ready", url: "" };
    const image = node.querySelector("img");
    const tile = node.querySelector(".ugc-item-picture span");
    node.querySelector(".ugc-item-name").textContent = file.name;
    // What was typed before the photo was chosen belongs to the first one.
    if (!items.length) {
      caption(node).value = words.querySelector("[name=caption]").value;
      alt(node).value = words.querySelector("[name=alt_text]").value;
    }
    // A browser that cannot draw it (HEIC) shows its kind instead.
    tile.textContent = kind(file).toUpperCase();
    image.addEventListener("load", () => {
      image.hidden = false;
      tile.hidden = true;
      URL.revokeObjectURL(image.src);
    });
    image.src = URL.createObjectURL(file);
    node.querySelector("[data-remove]").addEventListener("click", () => {
      items.splice(items.indexOf(item), 1);
      node.remove();
      show();
      input.focus();
      leave();
    });
    node.querySelector("[data-retry]").addEventListener("click", () => {
      item.state = "ready";
      if (form.reportValidity()) sendAll();
    });
    items.push(item);
    list.append(node);
    const wrong = complaint(file);
    if (wrong) fail(item, wrong, false);
  }

  function complaint(file) {
    if (file.size > Number(text.maxBytes)) return text.tooBig;
    const known = text.accept.split(",");
    const fits = known.includes(file.type) || known.includes("." + kind(file));
    // Without a type the server judges by the bytes, as it always does.
    return file.type && !fits ? text.wrongType : "";
  }

  function show() {
    input.required = !items.length;
    // The photos have words of their own now.
    words.hidden = words.disabled = items.length > 0;
  }

  async function sendAll() {
    button.disabled = true;
    errors.hidden = true;
    for (const item of [...items]) {
      if (item.state === "ready" && !(await send(item))) break;
    }
    button.disabled = false;
    leave();
  }

  // To the photo's own page, once nothing is left to send.
  function leave() {
    if (!items.length || items.some((item) => item.state !== "sent")) return;
    location.assign(items.length === 1 ? items[0].url : items[0].all);
  }

  // Whether the next one may follow.
  function send(item) {
    const data = new FormData(form);
    data.delete("photos");
    data.set("caption", caption(item.node).value);
    data.set("alt_text", alt(item.node).value);
    data.append("photos", item.file, item.file.name);
    const bar = item.node.querySelector("progress");
    bar.hidden = false;
    retry(item).hidden = true;
    remove(item).hidden = true;
    say(item, text.sending);
    item.node.classList.remove("ugc-item--failed");

    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("POST", location.href);
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
      });
      request.addEventListener("load", () => {
        const answer = request.response;
        if (request.status === 201 && answer) {
          item.state = "sent";
          item.url = answer.url;
          item.all = answer.all_url;
          bar.value = 100;
          say(item, text.sent);
          for (const field of [caption(item.node), alt(item.node)]) field.disabled = true;
          resolve(true);
        } else if (answer?.errors) {
          resolve(refused(item, answer.errors, request.status));
        } else {
          fail(item, text.offline, true);
          resolve(false);
        }
      });
      request.addEventListener("error", () => {
        fail(item, text.offline, true);
        resolve(false);
      });
      request.send(data);
    });
  }

  function refused(item, answer, status) {
    const { photos = [], caption = [], alt_text = [], ...shared } = answer;
    const own = [...photos, ...caption, ...alt_text];
    const common = Object.values(shared).flat();
    fail(item, own.join(" ") || common.join(" "), status !== 400 || !photos.length);
    if (common.length) {
      errors.querySelector("ul").replaceChildren(
        ...common.map((message) => {
          const line = document.createElement("li");
          line.textContent = message;
          return line;
        }),
      );
      errors.hidden = false;
      errors.focus();
    }
    // What is wrong for all is wrong for the next one, too.
    return !common.length;
  }

  function fail(item, message, again) {
    item.state = again ? "ready" : "failed";
    item.node.classList.add("ugc-item--failed");
    item.node.querySelector("progress").hidden = true;
    retry(item).hidden = !again;
    remove(item).hidden = false;
    say(item, message);
  }
}

const kind = (file) => file.name.split(".").pop().toLowerCase();
const caption = (node) => node.querySelector("[data-caption]");
const alt = (node) => node.querySelector("[data-alt]");
const retry = (item) => item.node.querySelector("[data-retry]");
const remove = (item) => item.node.querySelector("[data-remove]");
const say = (item, words) => {
  item.node.querySelector(".ugc-item-status").textContent = words;
};
