// Follows a run while one looks on: new lines of its log as they come, and where its targets stand. Everything else works without.
"use strict";
(() => {
  const log = document.getElementById("log");
  const source = new EventSource(log.dataset.follow);
  const follow = document.getElementById("follow");
  const many = document.querySelectorAll("[data-position]").length > 1;
  let asked = 0;

  const piece = (tag, text, name) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (name) made.className = name;
    return made;
  };
  // The same as pages do on the server: nothing that a target named stays hidden.
  const visible = (text) => text.replace(/[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb]/g,
    (each) => "\\u" + each.charCodeAt(0).toString(16).padStart(4, "0"));

  const add = (line) => {
    const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 40;
    const item = piece("li", "", line.level);
    const time = piece("time", line.at.slice(11, 19));
    time.dateTime = line.at;
    item.append(time, " ");
    if (line.level !== "info") item.append(piece("b", line.level), " ");
    if (line.target && many) item.append(piece("span", visible(line.target), "of"), " ");
    item.append(piece("span", visible(line.text)));
    log.append(item);
    document.getElementById("silent")?.remove();
    if (atEnd) log.scrollTop = log.scrollHeight;
  };

  const show = async () => {
    const answer = await fetch(log.dataset.run);
    if (!answer.ok) return;
    const run = await answer.json();
    const progress = document.getElementById("progress");
    if (progress) progress.value = run.done;
    const done = document.getElementById("done");
    if (done) done.textContent = `${run.done} of ${run.total}`;
    document.getElementById("status").replaceChildren(piece("b", run.status, `status ${run.status}`));
    for (const target of run.targets) {
      const cell = document.querySelector(`[data-position="${target.position}"]`);
      if (cell && cell.textContent.trim() !== target.status) cell.replaceChildren(piece("b", target.status, `status ${target.status}`));
    }
  };

  log.scrollTop = log.scrollHeight;
  source.addEventListener("line", (event) => {
    add(JSON.parse(event.data));
    if (Date.now() - asked > 700) {
      asked = Date.now();
      show();
    }
  });
  source.addEventListener("end", () => {
    source.close();
    location.reload();
  });
  source.addEventListener("error", () => {
    follow.textContent = source.readyState === EventSource.CLOSED
      ? "The log cannot be followed any more; load the page again."
      : "The server does not answer; waiting for it.";
  });
  source.addEventListener("open", () => {
    follow.textContent = "Following.";
  });
})();
