// Asks where the photo is until nothing changes by itself any more.
const place = document.querySelector("[data-ping]");

if (place?.dataset.wait) {
  const said = document.querySelector("[data-said]");
  let stamp = place.dataset.stamp;
  let wait = Number(place.dataset.wait);

  const ask = async () => {
    // Nobody looks: ask again, without asking the server.
    if (document.hidden) return later();
    try {
      const answer = await fetch(place.dataset.ping, {
        headers: { "If-None-Match": stamp },
        cache: "no-store",
      });
      if (answer.status === 200) {
        const news = await answer.json();
        stamp = answer.headers.get("ETag");
        place.innerHTML = news.html; // our own template, escaped there
        said.textContent = news.said;
        wait = news.wait;
      } else if (answer.status === 304 || answer.status >= 500) {
        wait *= 1.3;
      } else {
        wait = null; // gone, or no longer ours
      }
    } catch {
      wait *= 2; // offline for a moment
    }
    later();
  };
  const later = () => wait && setTimeout(ask, Math.min(wait, 60) * 1000);
  later();
}
